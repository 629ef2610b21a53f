import { main } from "../../../cli/main.ts";

/** How `drydock` ended, and what it printed. */
export interface Result {
    code: number;
    out: string;
    err: string;
    /** Standard output and standard error, in the order in which they were written. */
    output: string;
}

/** Runs `drydock <args>` in a directory, within this process. */
export async function runMain(directory: string, args: string[]): Promise<Result> {
    const result: Result = { code: 0, out: "", err: "", output: "" };
    const record = (stream: "out" | "err") => (text: unknown) => {
        result[stream] += String(text);
        result.output += String(text);
        return true;
    };
    const spies = [
        jest.spyOn(process, "cwd").mockReturnValue(directory),
        jest.spyOn(process.stdout, "write").mockImplementation(record("out")),
        jest.spyOn(process.stderr, "write").mockImplementation(record("err")),
    ];
    try {
        result.code = await main(args);
    } finally {
        process.exitCode = undefined;
        for (const spy of spies) spy.mockRestore();
    }
    return result;
}
