import { main } from "../../../cli/main.ts";
import { inDirectory } from "../working-directory.ts";
import { captured, type Result } from "./captured.ts";

/** Runs `drydock <args>` in a directory, within this process. */
export async function runMain(directory: string, args: string[]): Promise<Result> {
    try {
        return await inDirectory(directory, () => captured(() => main(args)));
    } finally {
        process.exitCode = undefined;
    }
}
