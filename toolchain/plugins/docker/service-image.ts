import type { Login } from "./registry-login.ts";
import type { Daemon } from "./daemon.ts";
import { parseImageName } from "./image-name.ts";
import type { ResolvedImage } from "./service-spec.ts";

/** An image name in the form that Docker's client sends: without Docker Hub's address, with a tag or digest. */
export function familiarName(image: string): string {
    if (/^[0-9a-f]{64}$/.test(image)) return `sha256:${image}`;
    if (/^sha256:[0-9a-f]{64}$/.test(image)) return image;
    const [name = "", digest] = image.replace(/^(index\.)?docker\.io\//, "").split("@");
    const nameWithTag = /:[^/]*$/.test(name) || digest ? name : `${name}:latest`;
    return [nameWithTag.replace(/^library\//, ""), digest].filter(Boolean).join("@");
}

/**
 * Resolves an image's tag to a digest, so that every node runs the same image. Returns the name unchanged if the registry
 * does not answer, for example because the image exists on the nodes only.
 */
export async function resolveImage(
    { docker }: Daemon,
    name: string,
    login: Login | undefined,
): Promise<ResolvedImage> {
    const image = familiarName(name);
    try {
        // dockerode's types require all fields of a login.
        const distribution = await docker.getImage(image).distribution({ authconfig: login } as object);
        const { digest } = distribution.Descriptor as { digest: string };
        return {
            image: parseImageName(image).digest ? image : `${image}@${digest}`,
            platforms: ((distribution.Platforms as typeof distribution.Platforms | null) ?? []).map(
                ({ architecture, os }) => ({
                    // Swarm treats variants of ARM as different architectures (moby/swarmkit#2294).
                    Architecture: architecture.toLowerCase() === "arm" ? "" : architecture,
                    OS: os,
                }),
            ),
        };
    } catch {
        return { image, platforms: [] };
    }
}
