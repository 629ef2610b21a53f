import * as pulumi from "@pulumi/pulumi";
import { USUAL_CAPABILITIES, validateCapabilities } from "./capabilities.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import type { Engine, SwarmAppArgs } from "../engines/engine.ts";
import { validateSwarm } from "../engines/engine.ts";
import { type ContainerEngine, type ContainerSpec, getEngine, validateEngine } from "../engines/index.ts";
import { type HealthArgs, buildHealthCheck, buildHttpHealthCheck, validateHealth } from "../shared/health.ts";
import { resolveImage, type ImageSource, validateImage } from "../shared/image.ts";
import { type MountArgs, createMounts, validateMounts } from "../shared/mounts.ts";
import { physicalName } from "../shared/names.ts";
import {
    type PublishArgs,
    addressWhenHealthy,
    createPublishedPort,
    validatePublish,
} from "../shared/publish.ts";
import { verifyKeepsRunning, whenHealthy } from "../shared/readiness.ts";
import {
    isAbsolutePath,
    isBoolean,
    isCommand,
    isDockerName,
    isUnknown,
    isPort,
    isString,
    isOneOf,
    quote,
    refuse,
    required,
    validate,
    validateObject,
    reportErrorsOn,
    isCpuCount,
    isMemorySize,
    isIntegerFrom,
    parseMebibytes,
} from "../shared/validation.ts";
import { validateWiring, type WiringArgs, resolveWiring } from "../shared/wiring.ts";

/** A process beside the web server, of the same image and with the same wiring: a worker, a scheduler. */
export interface ProcessArgs {
    /** The program and its arguments. */
    command: string[];
    /** How to see that it works. @default it counts as up once it has run for 5 s */
    health?: HealthArgs;
    /** Most memory it may use, such as `512m`. @default as the web process */
    memory?: string;
    /** Seconds between the request to stop and the end by force; Sidekiq, for instance, needs 30. @default as the web process */
    stopTimeout?: number;
    /** How a Swarm runs it, on top of what the web process says. */
    swarm?: SwarmAppArgs;
}

/** How a container is kept in its place. */
export interface LimitArgs {
    /** Most memory a process may use, such as `512m`. @default no limit */
    memory?: string;
    /** Processors a process may use, such as 1.5. @default no limit */
    cpus?: number;
    /** When an ended process is started again: `no`, `on-failure`, `always`, `unless-stopped`. @default `unless-stopped` */
    restart?: string;
    /** User or `user:group` to run as. @default the image's */
    user?: string;
    /** Makes the root file system read-only. @default false */
    readOnly?: boolean;
    /** Memory file systems by path, with options: `{"/tmp": ""}`. */
    tmpfs?: Record<string, string>;
    /** Linux capabilities that it keeps, such as `["CHOWN", "SETUID"]`; all others are dropped. @default what the
     *  entrypoints of usual images need: CHOWN, DAC_OVERRIDE, FOWNER, KILL, NET_BIND_SERVICE, SETGID, SETPCAP, SETUID */
    capabilities?: string[];
    /** Seconds between the request to stop and the end by force. @default 10 */
    stopTimeout?: number;
}

export interface WebAppArgs extends ImageSource, WiringArgs, LimitArgs {
    /** Command of the web process. @default the image's */
    command?: string[];
    /** Port that the web process listens on; it is told by `PORT`. @default `PORT` of `env`, or 3000 */
    port?: number;
    /** Publishes the port on the machine it runs on. @default only what is on a network with it reaches it */
    publish?: PublishArgs;
    /** How to see that the web process works. @default `/` answers */
    health?: HealthArgs;
    /** Further processes by name. */
    processes?: Record<string, ProcessArgs>;
    /** Volumes and directories of the host. */
    mounts?: MountArgs[];
    /** Refuses every update that would delete one of its volumes, or no longer mount it, until this is false (Pulumi's
     *  `protect`). Of a single volume: `protectData` of the mount. @default false */
    protectData?: boolean;
    /** What runs it. @default `Engine.Docker` */
    engine?: Engine;
    /** How a Swarm runs it; of no effect on a Docker Engine. */
    swarm?: SwarmAppArgs;
}

/**
 * A web application in containers: its web server, and what runs beside it.
 *
 * @example
 * const shop = new WebApp("shop", {
 *     build: { context: "shop" },
 *     links: { database: db.connection, redis: cache.connection },
 *     publish: { port: 3000 },
 *     processes: { worker: { command: ["bin/worker"] } },
 * });
 * export const url = shop.url;
 */
export class WebApp extends pulumi.ComponentResource {
    /** Where it is published, such as `http://127.0.0.1:3000`; empty where it is not. Resolves once it is healthy. */
    public readonly url: pulumi.Output<string>;
    /** Name of the web process, by which containers on a network with it reach it. Resolves once it is healthy. */
    public readonly host: pulumi.Output<string>;
    /** The image that it runs, by digest or ID; pass it to a Task. */
    public readonly image: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError for an argument that cannot work */
    constructor(name: string, args: WebAppArgs, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:WebApp", name, {}, opts);
        args = convertToDeclaredTypes(args);
        reportErrorsOn(this, () => {
            validateWebApp(name, args);
            reserveContainerName(this, name, "name", `the application ${name}`);
            for (const process of Object.keys(args.processes ?? {}))
                reserveContainerName(
                    this,
                    `${name}-${process}`,
                    `processes.${process}`,
                    `the process ${process} of ${name}`,
                );
        });
        const child = { parent: this };

        const engine = getEngine(args);
        const image = resolveImage(name, args, engine, child);
        const port = portOf(args);
        const publish = createPublishedPort(name, args.publish, port, child);
        const health = buildHttpHealthCheck(port, args.health ?? {}, args.health?.path ?? "/");
        const { mounts, dependsOn } = createMounts(name, args, engine, child);
        const after = { ...child, dependsOn };
        const server = { mounts, command: args.command, publish, health };
        const web = runProcess(engine, { component: name, name, image }, args, server, after);
        for (const [process, { command, health, memory, stopTimeout, swarm }] of Object.entries(
            args.processes ?? {},
        )) {
            const check = health?.command && buildHealthCheck(health.command, health);
            const own = {
                mounts,
                command,
                health: check,
                swarm: { ...args.swarm, ...swarm },
                ...(memory !== undefined && { memory: parseMebibytes(memory) }),
                ...(stopTimeout !== undefined && { stopTimeout }),
            };
            const beside = { component: name, name: `${name}-${process}`, image };
            const { container, spec } = runProcess(engine, beside, args, own, after);
            verifyKeepsRunning(beside.name, container, spec, engine, child);
        }

        const ready = whenHealthy(name, web.container, web.spec, engine, child);
        this.url = addressWhenHealthy(ready, publish, engine, child).apply((address) =>
            address === "" ? "" : `http://${address}`,
        );
        this.host = ready.apply(() => physicalName(name));
        this.image = image;
        this.registerOutputs({ url: this.url, host: this.host, image });
    }
}

export function validateWebApp(name: string, args: WebAppArgs): void {
    validate({
        name: [name, isDockerName],
        command: [args.command, isCommand],
        port: [args.port, isPort],
        memory: [args.memory, isMemorySize],
        cpus: [args.cpus, isCpuCount],
        stopTimeout: [args.stopTimeout, isIntegerFrom(1)],
        restart: [args.restart, isOneOf(["no", "on-failure", "always", "unless-stopped"])],
        user: [args.user, isString],
        readOnly: [args.readOnly, isBoolean],
        protectData: [args.protectData, isBoolean],
    });
    validateCapabilities(args.capabilities);
    validateObject("tmpfs", args.tmpfs, '{ "/tmp": "" }');
    validateObject("processes", args.processes, '{ worker: { command: ["bin/worker"] } }');
    for (const path of Object.keys(args.tmpfs ?? {})) validate({ [`tmpfs.${path}`]: [path, isAbsolutePath] });
    for (const [process, { command, health, memory, stopTimeout, swarm }] of Object.entries(
        args.processes ?? {},
    )) {
        const path = `processes.${process}`;
        validate({
            [path]: [process, isDockerName],
            [`${path}.command`]: [required(command), isCommand],
            [`${path}.memory`]: [memory, isMemorySize],
            [`${path}.stopTimeout`]: [stopTimeout, isIntegerFrom(1)],
        });
        validateHealth(health, `${path}.health`);
        validateSwarm(swarm, `${path}.swarm`);
        for (const key of ["path", "host"] as const)
            if (health?.[key] !== undefined)
                refuse(`${path}.health.${key}`, "only the web process has a port; set health.command");
    }
    validateMounts(args.mounts);
    validateImage(args, true);
    validateWiring(args);
    validatePortVariable(args);
    validatePublish(args.publish);
    validateHealth(args.health);
    validateEngine(args);
}

/** The health check, the published port and the application have to agree on the port. */
function validatePortVariable({ port, env: { PORT: variable } = {} }: WebAppArgs): void {
    if (isUnknown(variable)) refuse("env.PORT", "it is an output, and the port must be known; set port");
    if (variable === undefined) return;
    if (isPort(Number(variable)) !== undefined)
        refuse("env.PORT", `${quote(variable)} is not a port; use 1 to 65535, or leave it out`);
    if (port !== undefined && Number(variable) !== port)
        refuse("env.PORT", `${quote(variable)} is not the port, which is ${port}; leave PORT out, or port`);
}

function portOf({ port, env }: WebAppArgs): number {
    return port ?? Number(env?.PORT ?? 3000);
}

function runProcess(
    engine: ContainerEngine,
    { component, name, image }: { component: string; name: string; image: pulumi.Output<string> },
    args: WebAppArgs,
    own: Pick<
        ContainerSpec,
        "command" | "mounts" | "publish" | "health" | "memory" | "stopTimeout" | "swarm"
    >,
    opts: pulumi.CustomResourceOptions,
): { spec: ContainerSpec; container: pulumi.CustomResource } {
    const container = physicalName(name);
    const { env, networks, reachesHost } = resolveWiring(opts.parent, container, args);
    const { cpus, restart, user, readOnly, tmpfs, stopTimeout } = args;
    const { capabilities = USUAL_CAPABILITIES } = args;
    const spec: ContainerSpec = {
        component,
        name: container,
        image,
        networks,
        reachesHost,
        cpus,
        restart,
        user,
        readOnly,
        tmpfs,
        capabilities,
        stopTimeout,
        defaultStopTimeout: 10,
        memory: parseMebibytes(args.memory),
        secretEnv: env.apply((variables) => ({ PORT: String(portOf(args)), ...variables })),
        swarm: args.swarm,
        ...own,
    };
    return { spec, container: engine.createContainer(name, spec, opts) };
}
