/** Requests of the local cluster to a Docker Engine through dockerode, and their errors. */
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { isNotFound } from "../inventory.ts";
import { multiplexedLines } from "../logs.ts";
import { messageOf } from "../project.ts";
import type { Report } from "../step.ts";

/** Undefined if there is no container with this name. */
export async function findContainer(
    docker: Docker,
    name: string,
): Promise<Docker.ContainerInspectInfo | undefined> {
    try {
        return await docker.getContainer(name).inspect();
    } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
    }
}

/** The last lines of a container's log. */
export async function logTail(docker: Docker, name: string): Promise<string[]> {
    const log = await docker.getContainer(name).logs({ stdout: true, stderr: true, tail: 15 });
    const lines: string[] = [];
    for await (const { text } of multiplexedLines(Readable.from([log]))) lines.push(text);
    return lines;
}

/** The port of this machine that a running container publishes a port on. */
export function publishedPort({ NetworkSettings }: Docker.ContainerInspectInfo, port: number): string {
    const ports = NetworkSettings.Ports as Partial<Record<string, { HostPort: string }[] | null>>;
    return ports[`${port}/tcp`]?.[0]?.HostPort ?? "";
}

/** The port of this machine that a container publishes a port on, even while it is stopped. */
export function boundPort({ HostConfig }: Docker.ContainerInspectInfo, port: number): number | undefined {
    const bindings = (HostConfig.PortBindings ?? {}) as Partial<
        Record<string, { HostPort: string }[] | null>
    >;
    const bound = bindings[`${port}/tcp`]?.[0]?.HostPort;
    return bound === undefined ? undefined : Number(bound);
}

/** Waits for a pull, a push or a build. */
export async function followProgress(
    docker: Docker,
    stream: NodeJS.ReadableStream,
    report: Report,
): Promise<void> {
    interface Event {
        error?: string;
        stream?: string;
        status?: string;
    }
    await new Promise<void>((resolve, reject) => {
        docker.modem.followProgress(
            stream,
            (error: Error | null, events: Event[] | null) => {
                const failure = events?.find((event) => event.error !== undefined);
                if (error) reject(error);
                else if (failure) reject(new Error(failure.error));
                else resolve();
            },
            ({ stream = "", status = "" }: Event) => {
                const line = (stream || status).trim();
                if (line !== "") report(line);
            },
        );
    });
}

export const RETRY_REMEDY = "Try again, or remove the cluster first: `drydock cluster down`.";

/** The remedy for a failure, or another one if the disk is full. */
export function remedyFor(error: unknown, remedy = RETRY_REMEDY): string {
    return messageOf(error).includes("no space left on device")
        ? "The disk is full: `docker image prune` and `docker builder prune` remove unused images and build caches."
        : remedy;
}

/** The proxies of this machine for a container or a build. */
export function proxyVariables(
    names: string[],
    env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
    return Object.fromEntries(
        names.flatMap((name) => {
            const value = env[name] ?? env[name.toUpperCase()];
            return value === undefined ? [] : [[name, value]];
        }),
    );
}
