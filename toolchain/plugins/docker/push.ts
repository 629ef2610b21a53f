import { Context } from "../../plugin/provider";
import { Login } from "./auth";
import { attempt, Daemon } from "./daemon";
import { follow } from "./progress";
import { repositoryOf } from "./reference";

/** Pushes an image; returns the name by which the registry will always give just this one: `repository@digest`. */
export async function push(
    daemon: Daemon,
    image: string,
    login: Login | undefined,
    context: Context,
): Promise<string> {
    context.status(`pushing ${image}`);
    // Without a tag Docker pushes all that the repository has here.
    const { repository, tag, digest: pinned } = repositoryOf(image);
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
