import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import { Context } from "../../plugin/provider";

/** How often a container may be restarted by its policy before waiting for it is given up. */
const RESTARTS = 3;
const LAST_LINES = 20;
const POLL_INTERVAL = 250; // milliseconds

/** Returns once the container is healthy; fails as soon as it cannot become so, with what it said last. */
export async function untilHealthy(
    container: Docker.Container,
    seconds: number,
    context: Context,
): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    context.status("waiting until it is healthy");
    for (;;) {
        const { State: state, RestartCount: restarts } = await container.inspect();
        if (state.Health?.Status === "healthy") return;
        const reason =
            hopeless(state, restarts) ?? (Date.now() > deadline && `is not healthy after ${seconds} s`);
        if (reason)
            throw new Error(
                [`the container ${reason}`, ...lastCheck(state), ...(await lastLines(container))].join("\n"),
            );
        await sleep(POLL_INTERVAL, undefined, { signal: context.signal });
    }
}

function hopeless(state: Docker.ContainerInspectInfo["State"], restarts: number): string | undefined {
    if (state.Status === "exited" || state.Status === "dead") {
        return `exited with code ${state.ExitCode} before it was healthy`;
    }
    if (restarts >= RESTARTS) return `exits again and again, last with code ${state.ExitCode}`;
    if (!state.Health) return "has no health check to wait for: add a healthcheck, or leave out wait";
    return state.Health.Status === "unhealthy" ? "is unhealthy" : undefined;
}

function lastCheck({ Health }: Docker.ContainerInspectInfo["State"]): string[] {
    const output = Health?.Log.at(-1)?.Output.trim();
    return output ? [`its last health check said: ${output}`] : [];
}

/** What the container wrote last, indented to stand under an error. */
export async function lastLines(container: Docker.Container): Promise<string[]> {
    const lines = (await logs(container, LAST_LINES)).trimEnd().split("\n").filter(Boolean);
    return lines.length > 0 ? ["its last lines:", ...lines.map((line) => `  ${line}`)] : [];
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
