import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, run } from "./process.ts";

const never = new AbortController().signal;
const sh = (script: string, more: Partial<Command> = {}): Command => ({
    file: "/bin/sh",
    args: ["-c", script],
    env: process.env,
    ...more,
});

test("passes on stdout and stderr line by line", async () => {
    const lines: string[] = [];
    // The command waits until each line has arrived, which is acknowledged by a file.
    const directory = mkdtempSync(join(tmpdir(), "drydock-process-"));
    const until = (line: string) => `until [ -e ${directory}/${line} ]; do sleep 0.02; done`;
    const script = `echo a; ${until("a")}; echo b >&2; ${until("b")}; printf c`;
    const ended = await run(sh(script), never, (line, stream) => {
        lines.push(`${stream}: ${line}`);
        writeFileSync(join(directory, line), "");
    });
    rmSync(directory, { recursive: true });
    expect(ended).toEqual({ stdout: "a\nc", stderr: "b\n", combined: "a\nb\nc", failure: undefined });
    expect(lines).toEqual(["stdout: a", "stderr: b", "stdout: c"]);
});

test.each<[string, Command, string]>([
    ["an exit status", sh("exit 7"), "exit status 7"],
    ["a signal", sh("kill -9 $$"), "signal: SIGKILL"],
    ["a missing program", { file: "/no/such", args: [], env: {} }, "spawn /no/such ENOENT"],
    ["a missing directory", sh("true", { cwd: "/nowhere" }), "chdir /nowhere: no such file or directory"],
])("reports why a command failed: %s", async (_, command, failure) => {
    expect((await run(command, never, () => undefined)).failure).toBe(failure);
});

test("accepts a command that does not read its input", async () => {
    const ended = await run(sh("exit 0", { stdin: "x".repeat(1_000_000) }), never, () => undefined);
    expect(ended.failure).toBeUndefined();
});

test("an abort stops the command and its child processes", async () => {
    const abort = new AbortController();
    let child = 0;
    const running = run(sh("sleep 60 & echo $!; wait"), abort.signal, (line) => {
        child = Number(line);
        abort.abort(new Error("cancelled"));
    });
    expect((await running).failure).toBe("cancelled");
    // If the shell lets it ignore SIGINT, the child is killed after the grace period.
    const stat = `/proc/${child}/stat`;
    while (existsSync(stat) && !readFileSync(stat, "utf8").includes(" Z ")) await sleep(50);
});
