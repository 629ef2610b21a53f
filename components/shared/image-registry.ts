import { request } from "node:https";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { PulledImage } from "../engines/index.ts";
import { hasHooks } from "../engines/hooks.ts";

/** How long a registry may take to answer, in milliseconds. The official provider waits for minutes. */
const TIMEOUT = 10_000;

export const DOCKER_HUB = "registry-1.docker.io";

export interface NewestImage {
    /** Digest of the tag in its registry. Undefined, after a warning, if the registry does not provide it. */
    digest: string | undefined;
    /** The image, if the Docker Engine has it already. */
    local: Record<keyof PulledImage, string> | undefined;
}

/** Looks up the image that a tag names in its registry now. Never fails. */
export async function findNewestImage(
    image: string,
    { parent }: pulumi.ResourceOptions,
): Promise<NewestImage> {
    const digest = await findDigest(image, parent);
    if (digest === undefined) return { digest, local: undefined };
    const local = await findLocalImage(`${image}@${digest}`, parent);
    if (local === undefined && (await findLocalImage(image, parent)) !== undefined)
        void pulumi.log.info(`newer image: ${image} is now ${digest} in its registry`, parent);
    return { digest, local };
}

async function findDigest(image: string, parent: pulumi.Resource | undefined): Promise<string | undefined> {
    const host = registryHost(image);
    try {
        if (hasHooks()) await requireResponse(host); // Under mocks, there is no registry.
        // As Docker does, do not verify the certificate of a registry on this machine.
        const insecureSkipVerify = /^(localhost|127\.[\d.]+)(:|$)/.test(host);
        const found = await docker.getRegistryImage({ name: image, insecureSkipVerify }, { parent });
        // Empty in a preview if the configuration of the provider is not known yet.
        return (found as Partial<typeof found>).sha256Digest;
    } catch (error) {
        void pulumi.log.warn(describeFailure(image, error), parent);
        return undefined;
    }
}

async function findLocalImage(
    image: string,
    parent: pulumi.Resource | undefined,
): Promise<NewestImage["local"]> {
    try {
        const { id, name, repoDigest } = await docker.getRemoteImage({ name: image }, { parent });
        return { name, imageId: id, repoDigest };
    } catch {
        return undefined; // The function fails if there is none.
    }
}

/** Host and port of an image's registry. */
export function registryHost(image: string): string {
    const [host = ""] = image.split("/");
    const isHost = image.includes("/") && (/[.:]/.test(host) || host === "localhost");
    return !isHost || /^(index\.)?docker\.io$/.test(host) ? DOCKER_HUB : host;
}

/**
 * Fails if a registry does not answer at all, for example behind a firewall that drops packets: a call of the provider
 * could not be interrupted. Any answer is enough, even that the registry has no TLS: the provider reports what is wrong.
 */
async function requireResponse(host: string): Promise<void> {
    // A proxy has its own timeouts.
    if ((process.env.HTTPS_PROXY ?? process.env.https_proxy ?? "") !== "") return;
    const timeout = AbortSignal.timeout(TIMEOUT);
    await new Promise<void>((resolve, reject) => {
        const options = { agent: false, method: "HEAD", rejectUnauthorized: false, signal: timeout };
        request(`https://${host}/v2/`, options, (response) => {
            response.destroy();
            resolve();
        })
            .on("error", () => {
                if (timeout.aborted) reject(new Error(`${host} does not answer`));
                else resolve();
            })
            .end();
    });
}

/** The warning if a registry does not provide the digest, without the function name in the provider's message. */
export function describeFailure(image: string, error: unknown): string {
    const message = error instanceof Error ? error.message : String(error);
    const reason = (/ from registry: ([^]*)/.exec(message)?.[1] ?? message).trim();
    return `could not check whether there is a newer ${image}; the current image stays. ${remedyFor(reason, image)} (${reason})`;
}

function remedyFor(reason: string, image: string): string {
    const host = registryHost(image);
    if (reason.includes("HTTPS client"))
        return `${host} has no TLS: add it to docker:registryAuth, as [{ address: "http://${host}", authDisabled: true }] or with its login.`;
    if (/\b40[13]\b|credentials|denied/i.test(reason))
        return `Check the login for ${host} in docker:registryAuth.`;
    if (/\b404\b/.test(reason)) return "Check its name and its tag.";
    return `Check that this machine reaches ${host}.`;
}
