import type { Context } from "../../plugin/provider.ts";
import { findLogin, type Login } from "./registry-login.ts";
import { attempt, type Daemon, errorReason } from "./daemon.ts";
import { parseImageName } from "./image-name.ts";

/** Pulls an image. Uses the login for its registry unless another is given. */
export async function pullImage(
    daemon: Daemon,
    image: string,
    context: Context,
    platform?: string,
    login = findLogin(image, daemon.registryAuth),
): Promise<void> {
    context.status(`pulling ${image}`);
    const remedy = image.startsWith("sha256:")
        ? "it has been removed since it was built or pulled; run pulumi up with --refresh, and for a built image with --replace '**Image::<name>-image'"
        : "check its name and the login for its registry";
    const description = `image ${image} is not on the Docker daemon and could not be pulled; ${remedy}`;
    const options = {
        ...(platform && { platform }),
        authconfig: login,
        abortSignal: context.signal,
    };
    const stream = await attempt(description, daemon.docker.pull(image, options));
    await attempt(description, followProgress(daemon, stream, context));
}

/** Pushes an image and returns its immutable reference, `repository@digest`. */
export async function pushImage(
    daemon: Daemon,
    image: string,
    login: Login | undefined,
    context: Context,
): Promise<string> {
    context.status(`pushing ${image}`);
    // Without a tag, Docker pushes all local tags of the repository.
    const { repository, tag, digest: digestInName } = parseImageName(image);
    if (digestInName) throw new Error(`pushing ${image}: cannot push to a digest; use a tag`);
    const stream = await attempt(
        `pushing ${image}`,
        // Docker Engine before version 28 requires a login, even an empty one.
        daemon.docker.getImage(repository).push({
            tag,
            authconfig: login ?? { username: "", password: "", serveraddress: "" },
            abortSignal: context.signal,
        }),
    );
    const events = await attempt(`pushing ${image}`, followProgress(daemon, stream, context));
    const digest = events.map(({ aux }) => aux?.Digest).find(Boolean);
    if (!digest) throw new Error(`pushing ${image}: the registry did not report a digest`);
    return `${repository}@${digest}`;
}

/** A progress message of a build, pull or push. */
export interface Progress {
    id?: string;
    stream?: string;
    status?: string;
    error?: string;
    aux?: { ID?: string; Digest?: string };
}

/** dockerode's types lack BuildKit's messages, which it decodes too. */
interface Follower {
    followProgress(
        stream: NodeJS.ReadableStream,
        onEnd: (error: Error | null, events: Progress[] | null) => void,
        onProgress: (event: Progress) => void,
    ): void;
}

/** Shows the progress of a build, pull or push until it ends. Fails with the daemon's error and the last lines. */
export function followProgress(
    { docker }: Daemon,
    stream: NodeJS.ReadableStream,
    context: Context,
): Promise<Progress[]> {
    return new Promise<Progress[]>((resolve, reject) => {
        const lines: string[] = [];
        const onProgress = (event: Progress) => {
            const line = decodeBuildOutput((event.stream ?? event.status ?? "").trim());
            if (!line) return;
            lines.push(line);
            context.status(line.split("\n").at(-1) ?? line);
        };
        const onEnd = (error: Error | null, events: Progress[] | null) => {
            const failure = error ? errorReason(error) : events?.find((event) => event.error)?.error;
            if (failure === undefined) resolve(events ?? []);
            else reject(new Error([failure, ...lastLines(lines)].join("\n")));
        };
        (docker as unknown as Follower).followProgress(stream, onEnd, onProgress);
    });
}

/** Decodes the output of a build step, which dockerode passes on as base64 (5.0.1, lib/buildkit.js). */
export function decodeBuildOutput(line: string): string {
    const text = Buffer.from(line, "base64").toString();
    return Buffer.from(text).toString("base64") === line ? text.trim() : line;
}

const LAST_LINES = 20;

function lastLines(lines: string[]): string[] {
    return lines.flatMap((line) => line.split("\n")).slice(-LAST_LINES);
}
