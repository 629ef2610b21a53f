import { run, type Exit } from "./process.ts";

interface Started {
    exit: Promise<Exit>;
    text: { stdout: string; stderr: string };
}

function node(
    script: string,
    signal = new AbortController().signal,
    heard?: () => void,
    graceMs?: number,
): Started {
    const text = { stdout: "", stderr: "" };
    const output = {
        stdout: (chunk: Buffer) => {
            text.stdout += chunk.toString();
            heard?.();
        },
        stderr: (chunk: Buffer) => {
            text.stderr += chunk.toString();
        },
    };
    const command = { file: process.execPath, args: ["-e", script], cwd: "/", env: { GREETING: "hello" } };
    return { exit: run(command, output, signal, graceMs), text };
}

/** Aborts a script once it is ready. */
function abortOf(script: string, graceMs?: number): Promise<Exit> {
    const abort = new AbortController();
    const heard = () => {
        abort.abort();
    };
    return node(`${script}; setInterval(() => {}, 1000); console.log("ready")`, abort.signal, heard, graceMs)
        .exit;
}

describe("a process", () => {
    test("resolves once all output has been passed on", async () => {
        const { exit, text } = node(
            "process.stdout.write('x'.repeat(1e6)); console.error(process.env.GREETING)",
        );
        expect(await exit).toEqual({ code: 0, signal: null });
        expect(text.stdout).toHaveLength(1e6);
        expect(text.stderr).toBe("hello\n");
    });

    test("resolves although a daemon keeps its output open", async () => {
        const daemon = "['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'inherit' }";
        const { exit, text } =
            node(`const daemon = require("node:child_process").spawn(process.execPath, ${daemon});
            daemon.unref();
            console.log(daemon.pid)`);
        expect(await exit).toEqual({ code: 0, signal: null });
        process.kill(Number(text.stdout), "SIGKILL");
    });

    test("is interrupted on abort, and may choose its exit code", async () => {
        expect(await abortOf("process.on('SIGINT', () => process.exit(7))")).toEqual({
            code: 7,
            signal: null,
        });
    });

    test("is killed if it does not exit within the grace period", async () => {
        expect(await abortOf("process.on('SIGINT', () => {})", 100)).toEqual({
            code: null,
            signal: "SIGKILL",
        });
    });

    test("is stopped at once if aborted before the start", async () => {
        const { exit } = node("setInterval(() => {}, 1000)", AbortSignal.abort());
        expect(await exit).toEqual({ code: null, signal: "SIGINT" });
    });

    test("rejects if it cannot be started", async () => {
        const output = { stdout: () => undefined, stderr: () => undefined };
        const command = { file: "/no/such/program", args: [], cwd: "/", env: {} };
        await expect(run(command, output, new AbortController().signal)).rejects.toThrow("ENOENT");
    });
});
