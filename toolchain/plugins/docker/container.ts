import { readFileSync } from "node:fs";
import Docker from "dockerode";
import tar from "tar-stream";
import { Failure } from "../../plugin/check";
import { Context, InitializationError, resource } from "../../plugin/provider";
import { Values } from "../../plugin/values";
import { containerOptions, updateOptions } from "./container-options";
import { ContainerInputs, containerProperties } from "./container-properties";
import { containerState } from "./container-state";
import { attempt, Daemon, found, isNotFound, reasonOf } from "./daemon";
import { pull } from "./pull";
import { logs, untilHealthy } from "./readiness";

/** `docker:index/container:Container`: a container, running unless told otherwise. */
export const container = (daemon: Daemon) =>
    resource<ContainerInputs>({
        token: "docker:index/container:Container",
        properties: containerProperties,
        outputs: ["bridge", "containerLogs", "exitCode", "networkDatas"],
        schemaVersion: 2,
        deleteBeforeReplace: true,

        check: (inputs) => checkUploads(inputs),

        async create(inputs, context) {
            if (!(await found(daemon.docker.getImage(inputs.image).inspect()))) {
                await pull(daemon, inputs.image, context);
            }
            const created = await daemon.docker
                .createContainer(containerOptions(inputs))
                .catch((error: unknown) => {
                    throw withRemedy(`creating container ${inputs.name}: ${reasonOf(error)}`, inputs);
                });
            await prepared(daemon, created, inputs);
            return { id: created.id, state: await ready(created, inputs, context) };
        },

        async read(id, state) {
            const now = await found(daemon.docker.getContainer(id).inspect());
            return now && { id: now.Id, state: containerState(state, now) };
        },

        async update(id, state, inputs, context) {
            const running = daemon.docker.getContainer(id);
            if (needsUpdate(state, inputs)) {
                await attempt(`updating container ${inputs.name}`, running.update(updateOptions(inputs)));
            }
            if (state.mustRun === false && inputs.mustRun && inputs.start) {
                await attempt(`starting container ${inputs.name}`, running.start());
            }
            return ready(running, inputs, context);
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
                await attempt(
                    what,
                    found(doomed.stop({ t: destroyGraceSeconds ?? 0 }).catch(alreadyStopped)),
                );
            await attempt(what, found(doomed.remove({ v: removeVolumes, force: true }).catch(beingRemoved)));
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
        await created.remove({ v: true, force: true });
        throw withRemedy(reasonOf(error), inputs);
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

type Upload = NonNullable<ContainerInputs["uploads"]>[number];

function archived({
    file,
    content,
    contentBase64,
    source,
    executable,
    permissions,
}: Upload): NodeJS.ReadableStream {
    const bytes = source
        ? readFileSync(source)
        : Buffer.from(content ?? contentBase64 ?? "", content ? "utf8" : "base64");
    const pack = tar.pack();
    pack.entry(
        { name: file.replace(/^\//, ""), mode: parseInt(permissions ?? (executable ? "0744" : "0644"), 8) },
        bytes,
    );
    pack.finalize();
    return pack;
}

function checkUploads({ uploads }: Values): Failure[] {
    if (!Array.isArray(uploads)) return [];
    return uploads.flatMap((upload, i) => {
        const { content, contentBase64, source } = upload as Record<string, unknown>;
        const given = [content, contentBase64, source].filter((value) => value !== undefined && value !== "");
        if (given.length === 1) return [];
        const reason = `uploads[${i}]: set one of content, contentBase64 and source, and not empty`;
        return [{ property: `uploads[${i}]`, reason }];
    });
}

/** Waits for what the program asked to wait for, and returns the container's state. */
async function ready(running: Docker.Container, inputs: ContainerInputs, context: Context): Promise<Values> {
    let extra: Values = {};
    try {
        if (inputs.start && inputs.wait) await untilHealthy(running, inputs.waitTimeout, context);
        if (inputs.attach) {
            await running.wait({ abortSignal: context.signal });
            if (inputs.logs) extra = { containerLogs: await logs(running) };
        }
    } catch (error) {
        const now = await found(running.inspect());
        const state = now ? containerState(inputs, now) : inputs;
        throw new InitializationError(running.id, state, reasonOf(error));
    }
    return { ...containerState(inputs, await running.inspect()), ...extra };
}

/** Docker's two most frequent refusals begin with what to do about them. */
function withRemedy(reason: string, { name, ports = [] }: ContainerInputs): Error {
    if (/name .* is already in use/.test(reason)) {
        const remedy = `remove it with "docker rm --force ${name}", or adopt it with the import option`;
        return new Error(`name: another container is called ${name}; ${remedy}. ${reason}`);
    }
    if (!/port is already allocated|address already in use/.test(reason)) return new Error(reason);
    const [, taken] = /:(\d+)(?: failed|:)/.exec(reason) ?? [];
    const named = ports.map((port, i) => `ports[${i}].external: ${port.external ?? ""}`);
    const port = named.find((text) => taken && text.endsWith(` ${taken}`)) ?? named.join(", ");
    return new Error(
        `${port} is taken on this host; choose another port, or stop what listens there. ${reason}`,
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

function needsUpdate(state: Values, inputs: ContainerInputs): boolean {
    return UPDATABLE.some((key) => inputs[key] !== undefined && inputs[key] !== state[key]);
}

function alreadyStopped(error: unknown): void {
    if ((error as { statusCode?: number }).statusCode !== 304) throw error;
}

function beingRemoved(error: unknown): void {
    if (!isNotFound(error) && !reasonOf(error).includes("already in progress")) throw error;
}
