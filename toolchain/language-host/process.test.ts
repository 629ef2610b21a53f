import { run, type Exit } from "./process";

function node(
    script: string,
    signal = new AbortController().signal,
    heard: (text: string) => void = () => undefined,
) {
    const text = { stdout: "", stderr: "" };
    const exit = run(
        { file: process.execPath, args: ["-e", script], cwd: "/", env: { GREETING: "hello" } },
        {
            stdout: (chunk) => {
                text.stdout += chunk.toString();
                heard(text.stdout);
            },
            stderr: (chunk) => (text.stderr += chunk.toString()),
        },
        signal,
    );
    return { exit, text };
}

/** Runs a script that says when it is ready, aborts it then, and does what comes `next`. */
function aborted(script: string, next: () => void = () => undefined): Promise<Exit> {
    const abort = new AbortController();
    return node(`${script}; setInterval(() => {}, 1000); console.log("ready")`, abort.signal, () => {
        abort.abort();
        next();
    }).exit;
}

describe("a process", () => {
    it("ends when all of its output is delivered", async () => {
        const { exit, text } = node(
            "process.stdout.write('x'.repeat(1e6)); console.error(process.env.GREETING)",
        );
        expect(await exit).toEqual({ code: 0, signal: null });
        expect(text.stdout).toHaveLength(1e6);
        expect(text.stderr).toBe("hello\n");
    });

    it("ends though a daemon that it left behind keeps its output open", async () => {
        const daemon = "['-e', 'setTimeout(() => {}, 3000)'], { detached: true, stdio: 'inherit' }";
        const start = Date.now();
        await node(`require("node:child_process").spawn(process.execPath, ${daemon}).unref()`).exit;
        expect(Date.now() - start).toBeLessThan(2_500);
    });

    it("is interrupted when it is aborted, and may end in its own way", async () => {
        expect(await aborted("process.on('SIGINT', () => process.exit(7))")).toEqual({
            code: 7,
            signal: null,
        });
    });

    it("is killed when it does not end within 5 s of that", async () => {
        jest.useFakeTimers({ advanceTimers: true });
        try {
            expect(await aborted("process.on('SIGINT', () => {})")).toEqual({
                code: null,
                signal: "SIGKILL",
            });
        } finally {
            jest.useRealTimers();
        }
    });

    it("is stopped at once when it was aborted before it started", async () => {
        const { exit } = node("setInterval(() => {}, 1000)", AbortSignal.abort());
        expect((await exit).code).not.toBe(0);
    });

    it("that cannot be started is an error", async () => {
        const output = { stdout: () => undefined, stderr: () => undefined };
        const command = { file: "/no/such/program", args: [], cwd: "/", env: {} };
        await expect(run(command, output, new AbortController().signal)).rejects.toThrow("ENOENT");
    });
});
