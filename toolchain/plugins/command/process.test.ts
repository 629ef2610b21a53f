import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, run } from "./process";

const never = new AbortController().signal;
const sh = (script: string, more: Partial<Command> = {}): Command => ({
    file: "/bin/sh",
    args: ["-c", script],
    env: process.env,
    ...more,
});

test("tells standard output from standard error, line by line as they come", async () => {
    const lines: string[] = [];
    const ended = await run(
        sh("echo a; sleep 0.1; echo b >&2; sleep 0.1; printf c"),
        never,
        (line, stream) => {
            lines.push(`${stream}: ${line}`);
        },
    );
    expect(ended).toEqual({ stdout: "a\nc", stderr: "b\n", both: "a\nb\nc", failure: undefined });
    expect(lines).toEqual(["stdout: a", "stderr: b", "stdout: c"]);
});

test.each<[string, Command, string]>([
    ["an exit status", sh("exit 7"), "exit status 7"],
    ["a signal", sh("kill -9 $$"), "signal: SIGKILL"],
    ["a program that is not there", { file: "/no/such", args: [], env: {} }, "spawn /no/such ENOENT"],
    [
        "a directory that is not there",
        sh("true", { cwd: "/nowhere" }),
        "chdir /nowhere: no such file or directory",
    ],
])("says why a command failed: %s", async (_, command, failure) => {
    expect((await run(command, never, () => undefined)).failure).toBe(failure);
});

test("does not mind a command that leaves its input unread", async () => {
    const ended = await run(sh("exit 0", { stdin: "x".repeat(1_000_000) }), never, () => undefined);
    expect(ended.failure).toBeUndefined();
});

test("an abort ends the command and all that it started", async () => {
    const abort = new AbortController();
    let child = 0;
    const running = run(sh("sleep 60 & echo $!; wait"), abort.signal, (line) => {
        child = Number(line);
        abort.abort(new Error("cancelled"));
    });
    expect((await running).failure).toBe("cancelled");
    // A shell starts what runs in the background deaf to interrupts: it took a kill, which takes a moment.
    await sleep(200);
    const stat = `/proc/${child}/stat`;
    expect(existsSync(stat) ? readFileSync(stat, "utf8") : "gone").toMatch(/ Z |gone/);
}, 10_000);
