import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Context } from "../../plugin/provider.ts";

/** How many restarts by the container's policy to tolerate while waiting for it. */
const MAX_RESTARTS = 3;
/** Lines of the log in an error message. */
const LAST_LINES = 20;
/** Lines of the log to read: the start of a long backtrace may be far up. */
const READ_LINES = 500;
/** Lines of a backtrace to show. */
const MAX_FRAMES = 3;
const POLL_INTERVAL_MS = 250;

type State = Docker.ContainerInspectInfo["State"];

/** Waits until the container is healthy. Fails, with its last log lines, as soon as it cannot become healthy. */
export async function waitUntilHealthy(
    container: Docker.Container,
    seconds: number,
    context: Context,
): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    let lastExit: string | undefined;
    context.status("waiting until healthy");
    for (;;) {
        const { State: state, RestartCount: restarts, HostConfig: hostConfig } = await container.inspect();
        if (state.Running && !state.Restarting && state.Health?.Status === "healthy") return;
        if (!state.Running || state.Restarting) lastExit = describeExit(state, hostConfig.Memory);
        const elapsed = restarts > 0 && lastExit ? `${seconds} s: it ${lastExit}` : `${seconds} s`;
        const reason =
            failureReason(state, restarts, hostConfig.Memory) ??
            (Date.now() > deadline && `is not healthy after ${elapsed}`);
        if (reason)
            throw new Error(
                [`the container ${reason}`, ...lastCheck(state), ...(await lastLines(container))].join("\n"),
            );
        await sleep(POLL_INTERVAL_MS, undefined, { signal: context.signal });
    }
}

/** Why a container cannot become healthy any more; undefined if it can. */
export function failureReason(state: State, restarts: number, memory?: number): string | undefined {
    if (state.Status === "exited" || state.Status === "dead")
        return `${describeExit(state, memory)} before it was healthy`;
    // The exit code is available only between an exit and the restart.
    if (state.Restarting)
        return restarts >= MAX_RESTARTS
            ? `keeps exiting: it ${describeExit(state, memory)}, ${restarts} times`
            : undefined;
    if (!state.Health) return "has no health check to wait for: add a healthcheck or remove wait";
    // Docker also reports "unhealthy" between an exit and a restart.
    return state.Running && state.Health.Status === "unhealthy" ? "is unhealthy" : undefined;
}

/**
 * Describes how the process ended and what that usually means.
 *
 * @param memory memory limit in bytes; 0 means none
 */
export function describeExit({ ExitCode: code, OOMKilled: killed }: State, memory = 0): string {
    if (killed) {
        const limit = memory > 0 ? ` of ${Math.round(memory / 1024 / 1024)} MiB` : "";
        return `exceeded its memory limit${limit} and was killed (OOMKilled, exit code ${code}): increase memory`;
    }
    const hint = {
        0: " (success: its command must stay in the foreground)",
        126: " (its command cannot be executed)",
        127: " (its command was not found)",
        137: " (killed: the machine may be out of memory)",
        139: " (segmentation fault)",
    }[code];
    return `exited with code ${code}${hint ?? ""}`;
}

function lastCheck({ Health }: State): string[] {
    // The log is missing until the first check has ended.
    const log = Health?.Log as { Output: string }[] | null | undefined;
    const output = log?.at(-1)?.Output.trim();
    return output ? [`last health check: ${output}`] : [];
}

/** The last log lines, indented below an error message. */
export async function lastLines(container: Docker.Container): Promise<string[]> {
    const lines = shortenBacktraces(await readLogs(container, READ_LINES)).slice(-LAST_LINES);
    return lines.length > 0 ? ["last log lines:", ...lines.map((line) => `  ${line}`)] : [];
}

/** Splits a log into lines. Keeps only the start of a long backtrace, so that the error above it is shown. */
export function shortenBacktraces(text: string): string[] {
    const lines: string[] = [];
    let frames = 0;
    const endBacktrace = () => {
        if (frames > MAX_FRAMES) lines.push(`    ... ${frames - MAX_FRAMES} more lines of the backtrace`);
        frames = 0;
    };
    for (const line of text.split("\n").map((each) => each.trimEnd())) {
        // Formats of Ruby, of Ruby's loggers, and of JavaScript and Java.
        const isFrame = /^\s*(from \S+:\d+.*|at \S.*|(\[[^\]]*\] *)?\/\S+:\d+:in .*)$/.test(line);
        if (!isFrame) endBacktrace();
        else if (++frames > MAX_FRAMES) continue;
        if (line !== "") lines.push(line);
    }
    endBacktrace();
    return lines;
}

/** Reads stdout and stderr of the container, in order. */
export async function readLogs(container: Docker.Container, tail?: number): Promise<string> {
    const { Config } = await container.inspect();
    const raw = await container.logs({ stdout: true, stderr: true, ...(tail && { tail }) });
    return Config.Tty ? raw.toString() : demultiplexLogs(raw);
}

/** Removes Docker's header from each frame: stream (1 byte), padding (3 bytes), length (4 bytes). */
export function demultiplexLogs(raw: Buffer): string {
    const payloads: Buffer[] = [];
    for (let offset = 0; offset + 8 <= raw.length;) {
        const end = offset + 8 + raw.readUInt32BE(offset + 4);
        payloads.push(raw.subarray(offset + 8, end));
        offset = end;
    }
    return Buffer.concat(payloads).toString();
}
