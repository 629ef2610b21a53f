import * as pulumi from "@pulumi/pulumi";
import { type Engine, type SwarmAppArgs, validateSwarm } from "../engines/engine.ts";
import {
    type ContainerEngine,
    type ContainerSpec,
    getEngine,
    type Mount,
    type PublishedPort,
    validateEngine,
} from "../engines/index.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import { buildHealthCheck, buildHttpHealthCheck, type HealthArgs, validateHealth } from "../shared/health.ts";
import { type ImageSource, resolveImage, validateImage } from "../shared/image.ts";
import { createMounts, type MountArgs, validateMounts } from "../shared/mounts.ts";
import { physicalName } from "../shared/names.ts";
import {
    addressWhenHealthy,
    createPublishedPort,
    type PublishArgs,
    validatePublish,
} from "../shared/publish.ts";
import { verifyKeepsRunning, whenHealthy } from "../shared/readiness.ts";
import {
    isBoolean,
    isCommand,
    isDockerName,
    isIntegerFrom,
    isMemorySize,
    isPort,
    isUnknown,
    parseMebibytes,
    quote,
    refuse,
    reportErrorsOn,
    required,
    validate,
    validateObject,
} from "../shared/validation.ts";
import { resolveWiring, validateWiring, type WiringArgs } from "../shared/wiring.ts";
import {
    type ContainerOptions,
    DEFAULT_CAPABILITIES,
    validateContainerOptions,
} from "./container-options.ts";

/** A process beside the web server, such as a worker or a scheduler, with the same image, links and environment. */
export interface ProcessArgs {
    /** Program to run, and its arguments. */
    command: string[];
    /** Health check. Only `command` and its timing: the process has no port. @default none: the process must run for 5 s */
    health?: HealthArgs;
    /** Memory limit, for example `512m`. @default `memory` of the application */
    memory?: string;
    /** Seconds between the stop signal and the kill. Sidekiq needs 30. @default `stopTimeout` of the application */
    stopTimeout?: number;
    /** How a Swarm runs the process. Overrides single settings of the application's `swarm`. */
    swarm?: SwarmAppArgs;
}

export interface WebAppArgs extends ImageSource, WiringArgs, ContainerOptions {
    /** Command of the web process. @default the image's command */
    command?: string[];
    /** Port that the web process listens on. Passed to it as `PORT`. @default `PORT` of `env`, or 3000 */
    port?: number;
    /** Publishes the port on the host. @default not published: only containers on the same network can reach it */
    publish?: PublishArgs;
    /** Health check of the web process. @default HTTP GET `/` */
    health?: HealthArgs;
    /** Further processes, by name. */
    processes?: Record<string, ProcessArgs>;
    /** Volumes and host directories to mount. */
    mounts?: MountArgs[];
    /** Refuses every update that would delete or no longer mount one of its volumes, until this is false (Pulumi's
     *  `protect`). For a single volume, set `protectData` of the mount. @default false */
    protectData?: boolean;
    /** What runs the containers. @default `Engine.Docker` */
    engine?: Engine;
    /** How a Swarm runs the application. No effect with `Engine.Docker`. */
    swarm?: SwarmAppArgs;
}

/**
 * A web application in containers: its web server, and further processes such as a worker.
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
    /** URL on the host, for example `http://127.0.0.1:3000`. Empty if the application is not published. Resolves once the
     *  web process is healthy. */
    public readonly url: pulumi.Output<string>;
    /** Host name of the web process on its networks. Resolves once the web process is healthy. */
    public readonly host: pulumi.Output<string>;
    /** Digest or ID of the image, for example for a Task. */
    public readonly image: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError if an argument is invalid */
    constructor(name: string, args: WebAppArgs, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:WebApp", name, {}, opts);
        args = convertToDeclaredTypes(args);
        reportErrorsOn(this, () => {
            validateWebApp(name, args);
            reserveContainerNames(name, args, this);
        });
        const child = { parent: this };

        const engine = getEngine(args);
        const image = resolveImage(name, args, engine, child);
        const publish = createPublishedPort(name, args.publish, listeningPort(args), child);
        const { mounts, dependsOn } = createMounts(name, args, engine, child);
        const app = { name, args, engine, image, mounts };
        const { container, spec } = createServer(app, publish, { ...child, dependsOn });
        createProcesses(app, { ...child, dependsOn });

        const healthy = whenHealthy(name, container, spec, engine, child);
        this.url = addressWhenHealthy(healthy, publish, engine, child).apply((address) =>
            address === "" ? "" : `http://${address}`,
        );
        this.host = healthy.apply(() => physicalName(name));
        this.image = image;
        this.registerOutputs({ url: this.url, host: this.host, image });
    }
}

export function validateWebApp(name: string, args: WebAppArgs): void {
    validate({
        name: [name, isDockerName],
        command: [args.command, isCommand],
        port: [args.port, isPort],
        protectData: [args.protectData, isBoolean],
    });
    validateContainerOptions(args);
    validateProcesses(args.processes);
    validateMounts(args.mounts);
    validateImage(args, true);
    validateWiring(args);
    validatePortVariable(args);
    validatePublish(args.publish);
    validateHealth(args.health);
    validateEngine(args);
}

function validateProcesses(processes: Record<string, ProcessArgs> = {}): void {
    validateObject("processes", processes, '{ worker: { command: ["bin/worker"] } }');
    for (const [process, { command, health, memory, stopTimeout, swarm }] of Object.entries(processes)) {
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
}

/** The health check, the published port and the application must use the same port. */
function validatePortVariable({ port, env: { PORT: variable } = {} }: WebAppArgs): void {
    if (isUnknown(variable))
        refuse("env.PORT", "must be a plain value and not an Output; or leave it out, and set port");
    if (variable === undefined) return;
    if (isPort(Number(variable)) !== undefined)
        refuse("env.PORT", `${quote(variable)} is not a port; use 1 to 65535, or leave it out`);
    if (port !== undefined && Number(variable) !== port)
        refuse("env.PORT", `${quote(variable)} differs from port, which is ${port}; keep one of the two`);
}

function listeningPort({ port, env }: WebAppArgs): number {
    return port ?? Number(env?.PORT ?? 3000);
}

function reserveContainerNames(name: string, { processes = {} }: WebAppArgs, app: WebApp): void {
    reserveContainerName(app, name, "name", `the application ${name}`);
    for (const process of Object.keys(processes))
        reserveContainerName(
            app,
            `${name}-${process}`,
            `processes.${process}`,
            `the process ${process} of ${name}`,
        );
}

/** What the containers of an application have in common. */
interface App {
    name: string;
    args: WebAppArgs;
    engine: ContainerEngine;
    image: pulumi.Output<string>;
    mounts: Mount[];
}

interface AppContainer {
    container: pulumi.CustomResource;
    spec: ContainerSpec;
}

function createServer(
    app: App,
    publish: PublishedPort | undefined,
    opts: pulumi.CustomResourceOptions,
): AppContainer {
    const { name, args } = app;
    const { command, health = {} } = args;
    const check = buildHttpHealthCheck(listeningPort(args), health, health.path ?? "/");
    return createContainer(app, name, { command, publish, health: check }, opts);
}

function createProcesses(app: App, opts: pulumi.CustomResourceOptions): void {
    for (const [process, args] of Object.entries(app.args.processes ?? {})) {
        const { command, health, memory, stopTimeout, swarm } = args;
        const name = `${app.name}-${process}`;
        const { container, spec } = createContainer(
            app,
            name,
            {
                command,
                health: health?.command && buildHealthCheck(health.command, health),
                swarm: { ...app.args.swarm, ...swarm },
                ...(memory !== undefined && { memory: parseMebibytes(memory) }),
                ...(stopTimeout !== undefined && { stopTimeout }),
            },
            opts,
        );
        verifyKeepsRunning(name, container, spec, app.engine, { parent: opts.parent });
    }
}

/** @param own what differs between the containers of the application */
function createContainer(
    { name: component, args, engine, image, mounts }: App,
    name: string,
    own: Partial<ContainerSpec>,
    opts: pulumi.CustomResourceOptions,
): AppContainer {
    const host = physicalName(name);
    const { env, networks, reachesHost } = resolveWiring(opts.parent, host, args);
    const { cpus, restart, user, readOnly, tmpfs, stopTimeout, swarm } = args;
    const spec: ContainerSpec = {
        component,
        name: host,
        image,
        mounts,
        networks,
        reachesHost,
        secretEnv: env.apply((variables) => ({ PORT: String(listeningPort(args)), ...variables })),
        memory: parseMebibytes(args.memory),
        cpus,
        restart,
        user,
        readOnly,
        tmpfs,
        capabilities: args.capabilities ?? DEFAULT_CAPABILITIES,
        stopTimeout,
        defaultStopTimeout: 10,
        swarm,
        ...own,
    };
    return { container: engine.createContainer(name, spec, opts), spec };
}
