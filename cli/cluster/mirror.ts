/** Fills the mirror of the local cluster with images of this machine. */
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { CommandError } from "../exit-codes.ts";
import { isNotFound } from "../inventory.ts";
import { messageOf } from "../project.ts";
import { followProgress, remedyFor } from "./docker.ts";
import type { Report } from "../step.ts";

/** Formats of manifests, which a registry would otherwise convert. */
const MANIFESTS = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** A push that has outlived a killed run removes the names when it ends, so try again. */
const ATTEMPTS = 3;

/** Attempts to reach the mirror, twice a second. */
const LISTEN_ATTEMPTS = 20;

/**
 * Pushes an image under its name and under its ID, by which the next run recognizes it. A digest would not work: an ID is the
 * digest of the configuration or, with the containerd image store, that of a manifest or an index, and what is pushed depends
 * on the platforms that exist locally.
 *
 * @param mirror its address on this machine: `127.0.0.1:5000`
 */
export async function pushToMirror(
    docker: Docker,
    mirror: string,
    image: string,
    report: Report,
): Promise<void> {
    const [name = "", tag = "latest"] = image.split(":");
    const { Id } = await docker.getImage(image).inspect();
    const repository = `library/${name}`;
    const tags = [Id.replace("sha256:", ""), tag];
    try {
        await waitUntilListening(mirror);
        let failure: Error | undefined;
        for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (await isMirrored(mirror, repository, tags)) return;
            failure = undefined;
            try {
                for (const each of tags) await push(docker, `${mirror}/${repository}`, image, each, report);
            } catch (error) {
                failure = error as Error;
            }
        }
        if (!(await isMirrored(mirror, repository, tags)))
            throw failure ?? new Error("it does not have the image");
    } catch (error) {
        throw new CommandError(
            `${image} cannot be pushed to the mirror: ${messageOf(error)}`,
            remedyFor(error),
        );
    } finally {
        await removeNames(docker, `${mirror}/${repository}:`);
    }
}

/** Removes the names that a push needs on this machine. */
export async function removeNames(docker: Docker, prefix: string): Promise<void> {
    const names = (await docker.listImages()).flatMap(({ RepoTags }) => (RepoTags as string[] | null) ?? []);
    for (const name of names.filter((each) => each.startsWith(prefix)))
        await docker.getImage(name).remove().catch(ignoreNotFound);
}

function ignoreNotFound(error: unknown): void {
    if (!isNotFound(error)) throw error;
}

async function push(
    docker: Docker,
    repository: string,
    image: string,
    tag: string,
    report: Report,
): Promise<void> {
    await docker.getImage(image).tag({ repo: repository, tag });
    // Docker requires a login, but any will do.
    const stream = await docker.getImage(repository).push({ tag, authconfig: {} } as Docker.ImagePushOptions);
    await followProgress(docker, stream, (line) => {
        report(`${image}: ${line}`);
    });
}

/** Waits for the registry in a container that has just started. If it never listens, the push reports why. */
async function waitUntilListening(mirror: string): Promise<void> {
    for (let attempt = 0; attempt < LISTEN_ATTEMPTS; attempt++) {
        const listens = await fetch(`http://${mirror}/v2/`).then(
            () => true,
            () => false,
        );
        if (listens) return;
        await sleep(500);
    }
}

/** Whether the mirror has the same image under all of these tags. */
async function isMirrored(mirror: string, repository: string, tags: string[]): Promise<boolean> {
    const digests = await Promise.all(
        tags.map(async (tag) => {
            const url = `http://${mirror}/v2/${repository}/manifests/${tag}`;
            const options = { method: "HEAD", headers: { Accept: MANIFESTS } };
            const response = await fetch(url, options).catch(() => undefined);
            return response?.ok ? response.headers.get("docker-content-digest") : null;
        }),
    );
    return digests.every((digest) => digest !== null && digest === digests[0]);
}
