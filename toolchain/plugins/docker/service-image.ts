import { Login } from "./registry-login";
import { Daemon } from "./daemon";
import { parseImageName } from "./image-name";
import { Resolved } from "./service-spec";

/** An image's name as Docker's own client sends it: without Docker Hub's address, with a tag or digest. */
export function familiar(image: string): string {
    if (/^[0-9a-f]{64}$/.test(image)) return `sha256:${image}`;
    if (/^sha256:[0-9a-f]{64}$/.test(image)) return image;
    const [name = "", digest] = image.replace(/^(index\.)?docker\.io\//, "").split("@");
    const tagged = /:[^/]*$/.test(name) || digest ? name : `${name}:latest`;
    return [tagged.replace(/^library\//, ""), digest].filter(Boolean).join("@");
}

/**
 * Asks the image's registry for the digest that its tag stands for, so that every node runs the same. The
 * image stays as it is named where the registry cannot be asked, as with an image that only the nodes have.
 */
export async function resolve({ docker }: Daemon, name: string, login: Login | undefined): Promise<Resolved> {
    const image = familiar(name);
    try {
        // dockerode's types want every field of a login, and Docker none.
        const answer = await docker.getImage(image).distribution({ authconfig: login } as object);
        const { digest } = answer.Descriptor as { digest: string };
        return {
            image: parseImageName(image).digest ? image : `${image}@${digest}`,
            platforms: ((answer.Platforms as typeof answer.Platforms | null) ?? []).map(
                ({ architecture, os }) => ({
                    // Swarm takes ARM's variants for different architectures (moby/swarmkit 2294).
                    Architecture: architecture.toLowerCase() === "arm" ? "" : architecture,
                    OS: os,
                }),
            ),
        };
    } catch {
        return { image, platforms: [] };
    }
}
