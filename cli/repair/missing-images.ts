/**
 * Images in a stack's state that Docker no longer has: `docker system prune --all` removes what no container uses. The
 * provider does not check an image that it built, and Docker would look for it in a registry.
 */
import { distinct, dockerAsync, type Environment } from "../docker-environment.ts";
import { imageBuiltBy, type Resource } from "../state.ts";
import { IMAGE, REMOTE_IMAGE } from "../resource-types.ts";

/**
 * Images that were built and not pushed; and pulled images, if a container is going to be created again: otherwise
 * pulling may bring a newer image for no reason.
 */
export async function findMissingImages(
    resources: Resource[],
    isContainerMissing: boolean,
    engines: Environment[],
): Promise<Resource[]> {
    const known = resources.flatMap((resource) => {
        const id = idOf(resource);
        const isWanted = resource.type !== REMOTE_IMAGE || isContainerMissing;
        return isWanted && typeof id === "string" && id.startsWith("sha256:") ? [{ id, resource }] : [];
    });
    if (known.length === 0) return [];
    const list = ["image", "ls", "--all", "--quiet", "--no-trunc"];
    const lists = await Promise.all(distinct(engines).map((env) => dockerAsync(env, ...list)));
    const existing = lists.flatMap((output) => output.split("\n"));
    return known.filter(({ id }) => !existing.includes(id)).map(({ resource }) => resource);
}

function idOf(resource: Resource): unknown {
    const { type, outputs = {} } = resource;
    if (imageBuiltBy(resource) !== undefined) return outputs.stdout;
    return type === IMAGE ? outputs.repoDigest : type === REMOTE_IMAGE ? outputs.imageId : undefined;
}
