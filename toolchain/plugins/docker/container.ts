import { readFileSync } from "node:fs";
import Docker from "dockerode";
import tar from "tar-stream";
import { Failure } from "../../plugin/check";
import { same } from "../../plugin/diff";
import { Context, InitializationError, resource } from "../../plugin/provider";
import { isObject, plainObject, Values } from "../../plugin/values";
import { containerOptions, updateOptions } from "./container-options";
import { ContainerInputs, containerProperties } from "./container-properties";
import { containerState, updatedState } from "./container-state";
import { attempt, Daemon, found, inBody, isNotFound, reasonOf } from "./daemon";
import { pull } from "./image-transfer";
import { logs, untilHealthy } from "./readiness";

/** `docker:index/container:Container`: a container, running unless told otherwise. */
export const container = (daemon: Daemon) =>
    resource<ContainerInputs>({
        token: "docker:index/container:Container",
        properties: containerProperties,
        outputs: ["bridge", "containerLogs", "exitCode", "networkDatas"],
        schemaVersion: 2,
        deleteBeforeReplace: true,

        check: checkUploads,

        async create(inputs, context) {
            if (!(await found(daemon.docker.getImage(inputs.image).inspect()))) {
                await pull(daemon, inputs.image, context);
            }
            const created = await daemon.docker
                .createContainer(inBody(containerOptions(inputs), { name: inputs.name }))
                .catch(async (error: unknown) => {
                    const reason = `creating container ${inputs.name}: ${reasonOf(error)}`;
                    throw withRemedy(reason, inputs, await labelsOf(daemon, inputs.name));
                });
            await prepared(daemon, created, inputs);
            return { id: created.id, state: await ready(created, inputs, context, containerState) };
        },

        async read(id, state) {
            const now = await found(daemon.docker.getContainer(id).inspect());
            return now && { id: now.Id, state: containerState(state, now) };
        },

        async update(id, state, inputs, context) {
            const running = daemon.docker.getContainer(id);
            if (UPDATABLE.some((key) => !same(containerProperties[key], state[key], inputs[key]))) {
                await attempt(`updating container ${inputs.name}`, running.update(updateOptions(inputs)));
            }
            if (state.mustRun === false && inputs.mustRun && inputs.start) {
                await attempt(`starting container ${inputs.name}`, running.start().catch(alreadyDone));
            }
            return ready(running, inputs, context, updatedState);
        },

        async delete(id, state) {
            // One that was adopted has no defaults in its state.
            const {
                name,
                attach,
                destroyGraceSeconds,
                removeVolumes = true,
            }: Partial<ContainerInputs> = state;
            const doomed = daemon.docker.getContainer(id);
            const what = `removing container ${name}`;
            // No grace means none: a signal that cannot be caught.
            if (!attach)
                await attempt(what, found(doomed.stop({ t: destroyGraceSeconds ?? 0 }).catch(alreadyDone)));
            const removal = doomed.remove({ v: removeVolumes, force: true }).catch(beingRemoved);
            await attempt(what, found(removal));
            // Docker may be at it itself: until then its name is taken.
            await attempt(what, found(doomed.wait({ condition: "removed" })));
        },
    });

/** What stands between a container's creation and its running; if any of it fails, nothing is left behind. */
async function prepared(
    { docker }: Daemon,
    created: Docker.Container,
    inputs: ContainerInputs,
): Promise<void> {
    try {
        if (inputs.networksAdvanced?.length) await connect(docker, created, inputs);
        for (const upload of inputs.uploads ?? []) {
            await attempt(`uploading ${upload.file}`, created.putArchive(archived(upload), { path: "/" }));
        }
        if (inputs.start) await attempt(`starting container ${inputs.name}`, created.start());
    } catch (error) {
        const left: unknown = await created
            .remove({ v: true, force: true })
            .catch(beingRemoved)
            .catch((failure: unknown) => `. It could not be removed: ${reasonOf(failure)}`);
        throw withRemedy(`${reasonOf(error)}${typeof left === "string" ? left : ""}`, inputs);
    }
}

/** Leaves the default network for those declared. */
async function connect(docker: Docker, { id }: Docker.Container, { networksAdvanced = [] }: ContainerInputs) {
    await docker
        .getNetwork("bridge")
        .disconnect({ Container: id })
        .catch((error: unknown) => {
            if (!reasonOf(error).includes("is not connected")) throw error;
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

/** Waits for what the program asked to wait for, and returns the container's state. */
async function ready(
    running: Docker.Container,
    inputs: ContainerInputs,
    context: Context,
    stateOf: (inputs: ContainerInputs, container: Docker.ContainerInspectInfo) => Values,
): Promise<Values> {
    let extra: Values = {};
    try {
        if (inputs.start && inputs.wait) await untilHealthy(running, inputs.waitTimeout, context);
        if (inputs.attach) {
            await running.wait({ abortSignal: context.signal });
            if (inputs.logs) extra = { containerLogs: await logs(running) };
        }
    } catch (error) {
        const now = await found(running.inspect());
        // As it is: what has stopped, the next update starts again.
        const state = now ? containerState(inputs, now) : inputs;
        throw new InitializationError(running.id, state, reasonOf(error));
    }
    return { ...stateOf(inputs, await running.inspect()), ...extra };
}

/** Those of the container that has a name, if one does. */
async function labelsOf({ docker }: Daemon, name: string): Promise<Record<string, string> | undefined> {
    const other = await docker
        .getContainer(name)
        .inspect()
        .catch(() => undefined);
    return other?.Config.Labels;
}

/** What tells whose a container is, such as `com.example.project`. */
const OWNER_LABEL = /\.(project|stack)$/;

/** Docker's two most frequent refusals begin with what to do about them. */
function withRemedy(
    reason: string,
    { name, labels = [], ports = [] }: ContainerInputs,
    others: Record<string, string> = {},
): Error {
    if (/name .* is already in use/.test(reason)) {
        const foreign = labels.filter(
            ({ label, value }) => OWNER_LABEL.test(label) && (others[label] ?? value) !== value,
        );
        const owner = foreign.map(({ label }) => `${label}=${others[label] ?? ""}`).join(", ");
        const remedy = owner
            ? `it belongs to others, as its labels say (${owner}): leave it alone, and choose another name`
            : `remove it with "docker rm --force ${name}", or adopt it with the import option`;
        return new Error(`name: another container is called ${name}; ${remedy}. ${reason}`);
    }
    if (!/port is already allocated|address already in use/.test(reason)) return new Error(reason);
    const [, taken] = /:(\d+)(?: failed|:)/.exec(reason) ?? [];
    const named = ports.map((port, i) => `ports[${i}].external: ${port.external ?? ""}`);
    const port = named.find((text) => taken && text.endsWith(` ${taken}`)) ?? named.join(", ");
    return new Error(
        `${port} is taken on this host; choose another port (publish.port of a component), or stop what listens there. ${reason}`,
    );
}

const UPDATABLE = [
    "restart",
    "maxRetryCount",
    "cpuShares",
    "cpuSet",
    "memory",
    "memoryReservation",
    "memorySwap",
] as const;

/** It was started, or stopped, before. */
function alreadyDone(error: unknown): void {
    if ((error as { statusCode?: number }).statusCode !== 304) throw error;
}

function beingRemoved(error: unknown): void {
    if (!isNotFound(error) && !reasonOf(error).includes("already in progress")) throw error;
}

type Upload = NonNullable<ContainerInputs["uploads"]>[number];

/** A file as Docker takes it: in an archive. */
export function archived({
    file,
    content,
    contentBase64,
    source,
    executable,
    permissions,
}: Upload): NodeJS.ReadableStream {
    const text = content ? Buffer.from(content) : Buffer.from(contentBase64 ?? "", "base64");
    const bytes = source ? readFileSync(source) : text;
    const pack = tar.pack();
    pack.entry(
        { name: file.replace(/^\//, ""), mode: parseInt(permissions ?? (executable ? "0744" : "0644"), 8) },
        bytes,
    );
    pack.finalize();
    return pack;
}

/** A file has its content from one place. */
export function checkUploads(inputs: Values): Failure[] {
    const { uploads } = plainObject(inputs);
    if (!Array.isArray(uploads)) return [];
    return uploads.flatMap((upload, i) => {
        if (!isObject(upload)) return []; // Not known yet.
        const { content, contentBase64, source } = upload;
        const given = [content, contentBase64, source].filter((value) => value !== undefined && value !== "");
        if (given.length === 1) return [];
        const reason = `uploads[${i}]: set one of content, contentBase64 and source, and not empty`;
        return [{ property: `uploads[${i}]`, reason }];
    });
}
