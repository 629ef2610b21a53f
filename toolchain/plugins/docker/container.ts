import { readFileSync } from "node:fs";
import type Docker from "dockerode";
import tar from "tar-stream";
import type { Failure } from "../../plugin/check.ts";
import { isUnchanged } from "../../plugin/diff.ts";
import { type Context, InitializationError, resource } from "../../plugin/provider.ts";
import { isObject, plainObject, type Values } from "../../plugin/values.ts";
import { containerOptions, updateOptions } from "./container-options.ts";
import { type ContainerInputs, containerProperties } from "./container-properties.ts";
import { containerState, updatedState } from "./container-state.ts";
import { attempt, type Daemon, undefinedIfNotFound, inBody, isNotFound, errorReason } from "./daemon.ts";
import { pullImage } from "./image-transfer.ts";
import { readLogs, waitUntilHealthy } from "./readiness.ts";

/** `docker:index/container:Container`: a container, by default a running one. */
export const container = (daemon: Daemon) =>
    resource<ContainerInputs>({
        token: "docker:index/container:Container",
        properties: containerProperties,
        outputs: ["bridge", "containerLogs", "exitCode", "networkDatas"],
        schemaVersion: 2,
        deleteBeforeReplace: true,

        check: checkUploads,

        async create(inputs, context) {
            // As in the official provider.
            if (inputs.command?.includes("")) throw new Error("values for command may not be empty");
            if (!(await undefinedIfNotFound(daemon.docker.getImage(inputs.image).inspect()))) {
                await pullImage(daemon, inputs.image, context);
            }
            const created = await daemon.docker
                .createContainer(inBody(containerOptions(inputs), { name: inputs.name }))
                .catch(async (error: unknown) => {
                    const reason = `creating container ${inputs.name}: ${errorReason(error)}`;
                    throw addRemedy(reason, inputs, await findLabels(daemon, inputs.name));
                });
            await prepareAndStart(daemon, created, inputs);
            return {
                id: created.id,
                state: await waitAndReadState(created, inputs, context, containerState),
            };
        },

        async read(id, state) {
            const inspected = await undefinedIfNotFound(daemon.docker.getContainer(id).inspect());
            return inspected && { id: inspected.Id, state: containerState(state, inspected) };
        },

        async update(id, state, inputs, context) {
            const target = daemon.docker.getContainer(id);
            if (
                UPDATED_BY_DOCKER.some(
                    (key) => !isUnchanged(containerProperties[key], state[key], inputs[key]),
                )
            ) {
                await attempt(`updating container ${inputs.name}`, target.update(updateOptions(inputs)));
            }
            if (state.mustRun === false && inputs.mustRun && inputs.start) {
                await attempt(`starting container ${inputs.name}`, target.start().catch(ignoreNotModified));
            }
            return waitAndReadState(target, inputs, context, updatedState);
        },

        async delete(id, state) {
            // The state of an imported container has no defaults.
            const {
                name,
                attach,
                destroyGraceSeconds,
                removeVolumes = true,
            }: Partial<ContainerInputs> = state;
            const target = daemon.docker.getContainer(id);
            const description = `removing container ${name}`;
            // Without a grace period, Docker kills the container at once.
            if (!attach)
                await attempt(
                    description,
                    undefinedIfNotFound(
                        target.stop({ t: destroyGraceSeconds ?? 0 }).catch(ignoreNotModified),
                    ),
                );
            const removal = target.remove({ v: removeVolumes, force: true }).catch(ignoreRemovalInProgress);
            await attempt(description, undefinedIfNotFound(removal));
            // Docker may be removing it already. Its name is in use until that is done.
            await attempt(description, undefinedIfNotFound(target.wait({ condition: "removed" })));
        },
    });

/** Connects networks, uploads files and starts the container. Removes the container if a step fails. */
async function prepareAndStart(
    { docker }: Daemon,
    created: Docker.Container,
    inputs: ContainerInputs,
): Promise<void> {
    try {
        if (inputs.networksAdvanced?.length) await connectNetworks(docker, created, inputs);
        for (const upload of inputs.uploads ?? []) {
            await attempt(
                `uploading ${upload.file}`,
                created.putArchive(uploadArchive(upload), { path: "/" }),
            );
        }
        if (inputs.start) await attempt(`starting container ${inputs.name}`, created.start());
    } catch (error) {
        const leftover: unknown = await created
            .remove({ v: true, force: true })
            .catch(ignoreRemovalInProgress)
            .catch((failure: unknown) => `. It could not be removed: ${errorReason(failure)}`);
        throw addRemedy(`${errorReason(error)}${typeof leftover === "string" ? leftover : ""}`, inputs);
    }
}

/** Replaces the default network with the declared ones. */
async function connectNetworks(
    docker: Docker,
    { id }: Docker.Container,
    { networksAdvanced = [] }: ContainerInputs,
) {
    await docker
        .getNetwork("bridge")
        .disconnect({ Container: id })
        .catch((error: unknown) => {
            if (!errorReason(error).includes("is not connected")) throw error;
        });
    for (const { name, aliases, ipv4Address, ipv6Address } of networksAdvanced) {
        const EndpointConfig = {
            Aliases: aliases,
            IPAMConfig: { IPv4Address: ipv4Address, IPv6Address: ipv6Address },
        };
        await attempt(
            `connecting to network ${name}`,
            docker.getNetwork(name).connect({ Container: id, EndpointConfig }),
        );
    }
}

/** Waits until the container is healthy or has exited, as declared, and returns its state. */
async function waitAndReadState(
    target: Docker.Container,
    inputs: ContainerInputs,
    context: Context,
    stateOf: (inputs: ContainerInputs, container: Docker.ContainerInspectInfo) => Values,
): Promise<Values> {
    let extra: Values = {};
    try {
        if (inputs.start && inputs.wait) await waitUntilHealthy(target, inputs.waitTimeout, context);
        if (inputs.attach) {
            await target.wait({ abortSignal: context.signal });
            if (inputs.logs) extra = { containerLogs: await readLogs(target) };
        }
    } catch (error) {
        const inspected = await undefinedIfNotFound(target.inspect());
        // Record the actual state, so that the next update starts a stopped container.
        const state = inspected ? containerState(inputs, inspected) : inputs;
        throw new InitializationError(target.id, state, errorReason(error));
    }
    return { ...stateOf(inputs, await target.inspect()), ...extra };
}

/** The labels of the container with this name, if there is one. */
async function findLabels({ docker }: Daemon, name: string): Promise<Record<string, string> | undefined> {
    const other = await docker
        .getContainer(name)
        .inspect()
        .catch(() => undefined);
    return other?.Config.Labels;
}

/** Labels that name a container's owner, such as `com.example.project`. */
const OWNER_LABEL = /\.(project|stack)$/;

/** Adds property and remedy to Docker's most frequent errors: a name or a port in use. */
function addRemedy(
    reason: string,
    { name, labels = [], ports = [] }: ContainerInputs,
    existingLabels: Record<string, string> = {},
): Error {
    if (/name .* is already in use/.test(reason)) {
        const foreign = labels.filter(
            ({ label, value }) => OWNER_LABEL.test(label) && (existingLabels[label] ?? value) !== value,
        );
        const owner = foreign.map(({ label }) => `${label}=${existingLabels[label] ?? ""}`).join(", ");
        const remedy = owner
            ? `its labels name another owner (${owner}): keep it and choose another name`
            : `remove it with "docker rm --force ${name}", or adopt it with the import option`;
        return new Error(`name: another container has the name ${name}; ${remedy}. ${reason}`);
    }
    if (!/port is already allocated|address already in use/.test(reason)) return new Error(reason);
    const [, takenPort] = /:(\d+)(?: failed|:)/.exec(reason) ?? [];
    const portPaths = ports.map((port, i) => `ports[${i}].external: ${port.external ?? ""}`);
    const port =
        portPaths.find((path) => takenPort && path.endsWith(` ${takenPort}`)) ?? portPaths.join(", ");
    return new Error(
        `${port} is in use on this host; choose another port (publish.port of a component) or stop the process that uses it. ${reason}`,
    );
}

/** The properties that Docker can change on a running container. */
const UPDATED_BY_DOCKER = [
    "restart",
    "maxRetryCount",
    "cpuShares",
    "cpuSet",
    "memory",
    "memoryReservation",
    "memorySwap",
] as const;

/** Docker responds with 304 if the container is already started or stopped. */
function ignoreNotModified(error: unknown): void {
    if ((error as { statusCode?: number }).statusCode !== 304) throw error;
}

function ignoreRemovalInProgress(error: unknown): void {
    if (!isNotFound(error) && !errorReason(error).includes("already in progress")) throw error;
}

type Upload = NonNullable<ContainerInputs["uploads"]>[number];

/** Packs a file into the archive that Docker expects. */
export function uploadArchive({
    file,
    content,
    contentBase64,
    source,
    executable,
    permissions,
    owner = "0",
    group = "0",
}: Upload): NodeJS.ReadableStream {
    const inline = content ? Buffer.from(content) : Buffer.from(contentBase64 ?? "", "base64");
    const bytes = source ? readFileSync(source) : inline;
    const pack = tar.pack();
    pack.entry(
        {
            name: file.replace(/^\//, ""),
            mode: parseInt(permissions ?? (executable ? "0744" : "0644"), 8),
            uid: Number(owner),
            gid: Number(group),
        },
        bytes,
    );
    pack.finalize();
    return pack;
}

/** Requires exactly one source of content for each file. */
export function checkUploads(inputs: Values): Failure[] {
    const { uploads } = plainObject(inputs);
    if (!Array.isArray(uploads)) return [];
    return uploads.flatMap((upload, i) => {
        if (!isObject(upload)) return []; // Unknown during a preview.
        const { content, contentBase64, source } = upload;
        const given = [content, contentBase64, source].filter((value) => value !== undefined && value !== "");
        if (given.length === 1) return [];
        const reason = `uploads[${i}]: set exactly one of content, contentBase64 and source to a non-empty value`;
        return [{ property: `uploads[${i}]`, reason }];
    });
}
