import { main } from "../../../cli/main.ts";
import { inDirectory } from "../working-directory.ts";
import { captureOutput, type Result } from "./capture-output.ts";

/** Runs `drydock <args>` in a directory, within this process. */
export async function runMain(directory: string, args: string[]): Promise<Result> {
    try {
        return await inDirectory(directory, () => captureOutput(() => main(args)));
    } finally {
        process.exitCode = undefined;
    }
}
