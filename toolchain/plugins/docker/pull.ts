import { Context } from "../../plugin/provider";
import { authFor } from "./auth";
import { attempt, Daemon } from "./daemon";
import { follow } from "./progress";

/** Pulls an image, with a login or else that of its registry, where there is one. */
export async function pull(
    daemon: Daemon,
    image: string,
    context: Context,
    platform?: string,
    login = authFor(image, daemon.registryAuth),
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
