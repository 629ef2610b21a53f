import type Docker from "dockerode";
import { demultiplexLogs, describeExit, failureReason, shortenBacktraces } from "./readiness.ts";

const state = (more: object) =>
    ({
        Status: "running",
        Running: true,
        Restarting: false,
        ExitCode: 0,
        OOMKilled: false,
        Health: { Status: "starting", FailingStreak: 0, Log: [] },
        ...more,
    }) as unknown as Docker.ContainerInspectInfo["State"];
const unhealthy = { Status: "unhealthy", FailingStreak: 0, Log: [] };
const restarting = { Status: "restarting", Restarting: true, Health: unhealthy, ExitCode: 1 };

/** A frame of output as Docker sends it: stream, padding, length, text. */
function piece(stream: 1 | 2, text: string): Buffer {
    const header = Buffer.alloc(8);
    header.writeUInt8(stream);
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
}

test("combines stdout and stderr in order", () => {
    const raw = Buffer.concat([piece(1, "out\n"), piece(2, "é\n"), piece(1, ""), piece(1, "more")]);
    expect(demultiplexLogs(raw)).toBe("out\né\nmore");
});

test("accepts empty and truncated output", () => {
    expect(demultiplexLogs(Buffer.alloc(0))).toBe("");
    expect(demultiplexLogs(piece(1, "whole").subarray(0, 10))).toBe("wh");
});

test.each<[string, object, number, string | undefined]>([
    ["starting", {}, 0, undefined],
    ["between an exit and a restart", restarting, 1, undefined],
    ["not running, between an exit and a restart", { Running: false, Health: unhealthy }, 1, undefined],
    ["running again after many restarts", {}, 9, undefined],
    ["restarted several times", restarting, 3, "keeps exiting: it exited with code 1, 3 times"],
    ["unhealthy", { Health: unhealthy }, 0, "is unhealthy"],
    [
        "ended",
        { Status: "exited", Running: false, ExitCode: 7 },
        0,
        "exited with code 7 before it was healthy",
    ],
    [
        "without a check",
        { Health: undefined },
        0,
        "has no health check to wait for: add a healthcheck or remove wait",
    ],
])("gives up only if a container cannot become healthy: %s", (_, more, restarts, reason) => {
    expect(failureReason(state(more), restarts)).toBe(reason);
});

test.each([
    [{ ExitCode: 3 }, "exited with code 3"],
    [{ ExitCode: 0 }, "exited with code 0 (success: its command must stay in the foreground)"],
    [{ ExitCode: 127 }, "exited with code 127 (its command was not found)"],
    [
        { ExitCode: 137, OOMKilled: true },
        "exceeded its memory limit of 64 MiB and was killed (OOMKilled, exit code 137): increase memory",
    ],
])("explains the exit %j", (more, text) => {
    expect(describeExit(state(more), 64 * 1024 * 1024)).toBe(text);
});

test("shortens a long backtrace and keeps the error", () => {
    const frames = (count: number, frame: (i: number) => string) =>
        Array.from({ length: count }, (_, i) => frame(i)).join("\n");
    const ruby = `a.rb:1:in 'write': Read-only file system @ rb_sysopen - /rails/tmp (Errno::EROFS)\n${frames(60, (i) => `\tfrom /gems/x.rb:${i}:in 'y'`)}\nbye\n`;
    expect(shortenBacktraces(ruby)).toEqual([
        "a.rb:1:in 'write': Read-only file system @ rb_sysopen - /rails/tmp (Errno::EROFS)",
        "\tfrom /gems/x.rb:0:in 'y'",
        "\tfrom /gems/x.rb:1:in 'y'",
        "\tfrom /gems/x.rb:2:in 'y'",
        "    ... 57 more lines of the backtrace",
        "bye",
    ]);
    const node = `Error: no\n${frames(9, (i) => `    at f (/app/x.js:${i}:1)`)}`;
    expect(shortenBacktraces(node)).toHaveLength(5);
    expect(shortenBacktraces(`boom\n${frames(9, (i) => `/usr/lib/puma.rb:${i}:in \`run'`)}`)).toHaveLength(5);
    expect(shortenBacktraces("one\ntwo\n")).toEqual(["one", "two"]);
});
