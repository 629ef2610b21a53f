/** How a function ended, and what it printed. */
export interface Result {
    code: number;
    out: string;
    err: string;
    /** Standard output and standard error, in the order in which they were written. */
    output: string;
}

/** Runs a function that returns an exit code, and captures what it prints. */
export async function captureOutput(run: () => Promise<number>): Promise<Result> {
    const result: Result = { code: 0, out: "", err: "", output: "" };
    const record = (stream: "out" | "err") => (text: unknown) => {
        result[stream] += String(text);
        result.output += String(text);
        return true;
    };
    const spies = [
        jest.spyOn(process.stdout, "write").mockImplementation(record("out")),
        jest.spyOn(process.stderr, "write").mockImplementation(record("err")),
    ];
    try {
        result.code = await run();
    } finally {
        for (const spy of spies) spy.mockRestore();
    }
    return result;
}
