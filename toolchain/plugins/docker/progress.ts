import { Context } from "../../plugin/provider";
import { Daemon, reasonOf } from "./daemon";

/** A line of what the daemon streams while it builds, pulls or pushes. */
export interface Progress {
    id?: string;
    stream?: string;
    status?: string;
    error?: string;
    aux?: { ID?: string; Digest?: string };
}

/** What dockerode's types leave out: it understands BuildKit's own messages too. */
interface Follower {
    followProgress(
        stream: NodeJS.ReadableStream,
        onEnd: (error: Error | null, events: Progress[] | null) => void,
        onProgress: (event: Progress) => void,
    ): void;
}

/** Follows a build, pull or push to its end, showing each step. Fails with the daemon's error and what led to it. */
export function follow(
    { docker }: Daemon,
    stream: NodeJS.ReadableStream,
    context: Context,
): Promise<Progress[]> {
    return new Promise<Progress[]>((resolve, reject) => {
        const said: string[] = [];
        const onProgress = (event: Progress) => {
            const line = readable((event.stream ?? event.status ?? "").trim());
            if (!line) return;
            said.push(line);
            context.status(line.split("\n").at(-1) ?? line);
        };
        const onEnd = (error: Error | null, events: Progress[] | null) => {
            const failure = error ? reasonOf(error) : events?.find((event) => event.error)?.error;
            if (failure === undefined) resolve(events ?? []);
            else reject(new Error([failure, ...lastLines(said)].join("\n")));
        };
        (docker as unknown as Follower).followProgress(stream, onEnd, onProgress);
    });
}

/** dockerode hands on what a build step prints as base64 (5.0.1, lib/buildkit.js: it decodes `bytes` as text). */
export function readable(line: string): string {
    const text = Buffer.from(line, "base64").toString();
    return Buffer.from(text).toString("base64") === line ? text.trim() : line;
}

const LAST_LINES = 20;

function lastLines(said: string[]): string[] {
    return said.flatMap((line) => line.split("\n")).slice(-LAST_LINES);
}
