import { Context } from "../../plugin/provider";
import { findLogin, Login } from "./registry-login";
import { attempt, Daemon, reasonOf } from "./daemon";
import { parseImageName } from "./image-name";

/** Pulls an image, with a login or else that of its registry, where there is one. */
export async function pull(
    daemon: Daemon,
    image: string,
    context: Context,
    platform?: string,
    login = findLogin(image, daemon.registryAuth),
): Promise<void> {
    context.status(`pulling ${image}`);
    const remedy = image.startsWith("sha256:")
        ? "it was removed since it was built or pulled; run pulumi up with --refresh, and if it was built, with --replace '**Image::<name>-image'"
        : "check its name, and the login for its registry";
    const what = `image ${image} is not on the Docker daemon and could not be pulled; ${remedy}`;
    const options = {
        ...(platform && { platform }),
        authconfig: login,
        abortSignal: context.signal,
    };
    const stream = await attempt(what, daemon.docker.pull(image, options));
    await attempt(what, follow(daemon, stream, context));
}

/** Pushes an image; returns the name by which the registry will always give just this one: `repository@digest`. */
export async function push(
    daemon: Daemon,
    image: string,
    login: Login | undefined,
    context: Context,
): Promise<string> {
    context.status(`pushing ${image}`);
    // Without a tag Docker pushes all that the repository has here.
    const { repository, tag, digest: pinned } = parseImageName(image);
    if (pinned) throw new Error(`pushing ${image}: it names a digest, which a push decides; name a tag`);
    const stream = await attempt(
        `pushing ${image}`,
        // An engine before 28 wants a login, be it empty.
        daemon.docker.getImage(repository).push({
            tag,
            authconfig: login ?? { username: "", password: "", serveraddress: "" },
            abortSignal: context.signal,
        }),
    );
    const events = await attempt(`pushing ${image}`, follow(daemon, stream, context));
    const digest = events.map(({ aux }) => aux?.Digest).find(Boolean);
    if (!digest) throw new Error(`pushing ${image}: the registry did not tell the digest`);
    return `${repository}@${digest}`;
}

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
