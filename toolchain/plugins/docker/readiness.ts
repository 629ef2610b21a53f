import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import { Context } from "../../plugin/provider";

/** How often a container may be restarted by its policy before waiting for it is given up. */
const RESTARTS = 3;
const LAST_LINES = 20;
/** How many lines are searched for the head of a long backtrace. */
const SEARCHED_LINES = 500;
/** How many lines of a backtrace are shown. */
const FRAMES = 3;
const POLL_INTERVAL = 250; // milliseconds

type State = Docker.ContainerInspectInfo["State"];

/** Returns once the container is healthy; fails as soon as it cannot become so, with what it said last. */
export async function untilHealthy(
    container: Docker.Container,
    seconds: number,
    context: Context,
): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    let lastExit: string | undefined;
    context.status("waiting until it is healthy");
    for (;;) {
        const { State: state, RestartCount: restarts, HostConfig: limits } = await container.inspect();
        if (state.Running && !state.Restarting && state.Health?.Status === "healthy") return;
        if (!state.Running || state.Restarting) lastExit = describeExit(state, limits.Memory);
        const late = restarts > 0 && lastExit ? `${seconds} s: it ${lastExit}` : `${seconds} s`;
        const reason =
            hopeless(state, restarts, limits.Memory) ??
            (Date.now() > deadline && `is not healthy after ${late}`);
        if (reason)
            throw new Error(
                [`the container ${reason}`, ...lastCheck(state), ...(await lastLines(container))].join("\n"),
            );
        await sleep(POLL_INTERVAL, undefined, { signal: context.signal });
    }
}

/** Why a container cannot become healthy any more, if so. */
export function hopeless(state: State, restarts: number, memory?: number): string | undefined {
    if (state.Status === "exited" || state.Status === "dead")
        return `${describeExit(state, memory)} before it was healthy`;
    // Only now does the state tell how it ended: once it runs again, that is gone.
    if (state.Restarting)
        return restarts >= RESTARTS
            ? `exits again and again: it ${describeExit(state, memory)}, ${restarts} times`
            : undefined;
    if (!state.Health) return "has no health check to wait for: add a healthcheck, or leave out wait";
    // Docker calls a container unhealthy, too, while it is between an exit and a restart.
    return state.Running && state.Health.Status === "unhealthy" ? "is unhealthy" : undefined;
}

/** How its process ended, and what that usually means. @param memory its limit in bytes, 0 for none */
export function describeExit({ ExitCode: code, OOMKilled: killed }: State, memory = 0): string {
    if (killed) {
        const limit = memory > 0 ? ` of ${Math.round(memory / 1024 / 1024)} MiB` : "";
        return `was killed as it needed more than its memory${limit} (OOMKilled, exit code ${code}): raise memory`;
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
    // Before the first check has ended there is no log.
    const log = Health?.Log as { Output: string }[] | null | undefined;
    const output = log?.at(-1)?.Output.trim();
    return output ? [`its last health check said: ${output}`] : [];
}

/** What the container wrote last, indented to stand under an error. */
export async function lastLines(container: Docker.Container): Promise<string[]> {
    const lines = withoutFrames(await logs(container, SEARCHED_LINES)).slice(-LAST_LINES);
    return lines.length > 0 ? ["its last lines:", ...lines.map((line) => `  ${line}`)] : [];
}

/** The lines of an output; of a long backtrace only its head, as the error above it is what counts. */
export function withoutFrames(text: string): string[] {
    const lines: string[] = [];
    let frames = 0;
    const close = () => {
        if (frames > FRAMES) lines.push(`    ... ${frames - FRAMES} more lines of the backtrace`);
        frames = 0;
    };
    for (const line of text.split("\n").map((each) => each.trimEnd())) {
        // Ruby's, and those of its loggers; JavaScript's and Java's.
        const isFrame = /^\s*(from \S+:\d+.*|at \S.*|(\[[^\]]*\] *)?\/\S+:\d+:in .*)$/.test(line);
        if (!isFrame) close();
        else if (++frames > FRAMES) continue;
        if (line !== "") lines.push(line);
    }
    close();
    return lines;
}

/** What the container wrote to standard output and standard error, in order. */
export async function logs(container: Docker.Container, tail?: number): Promise<string> {
    const { Config } = await container.inspect();
    const raw = await container.logs({ stdout: true, stderr: true, ...(tail && { tail }) });
    return Config.Tty ? raw.toString() : demultiplexed(raw);
}

/** Without a terminal, Docker puts before each piece its stream (1 byte), 3 zeros and its length (4 bytes). */
export function demultiplexed(raw: Buffer): string {
    const pieces: Buffer[] = [];
    for (let at = 0; at + 8 <= raw.length;) {
        const end = at + 8 + raw.readUInt32BE(at + 4);
        pieces.push(raw.subarray(at + 8, end));
        at = end;
    }
    return Buffer.concat(pieces).toString();
}
