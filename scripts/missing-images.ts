/**
 * Images that a stack's state knows and Docker does not have any more: `docker system prune --all` takes what no
 * container uses. The provider never looks for an image that it has built, and Docker looks for it in a registry.
 */
import type { Recorded } from "./drift.ts";
import { distinct, docker, type Environment } from "./engines.ts";

const IMAGE = "docker:index/image:Image";
const REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage";

/**
 * Those that were built and not pushed, and, where a container is to be made again, those that were pulled: pulling one
 * without need may bring a newer one.
 */
export function missingImages(
    resources: Recorded[],
    isContainerMissing: boolean,
    engines: Environment[],
): Recorded[] {
    const known = resources.flatMap((resource) => {
        const { type, outputs = {} } = resource;
        const id = type === IMAGE ? outputs.repoDigest : type === REMOTE_IMAGE ? outputs.imageId : undefined;
        const isWanted = type === IMAGE || isContainerMissing;
        return isWanted && typeof id === "string" && id.startsWith("sha256:") ? [{ id, resource }] : [];
    });
    if (known.length === 0) return [];
    const list = ["image", "ls", "--all", "--quiet", "--no-trunc"];
    const there = distinct(engines).flatMap((env) => docker(env, ...list).split("\n"));
    return known.filter(({ id }) => !there.includes(id)).map(({ resource }) => resource);
}
