import * as pulumi from "@pulumi/pulumi";
import { type ContainerArgs, DEFAULT_CAPABILITIES, validateContainer } from "../container/container-args.ts";
import { describeOptions } from "../container/describe.ts";
import { refuseVariable } from "../container/environment.ts";
import type { Engine, SwarmAppArgs } from "../engines/engine.ts";
import {
    type ContainerEngine,
    type ContainerSpec,
    getEngine,
    type Mount,
    type PublishedPort,
    validateEngine,
    validateProcessOnEngine,
} from "../engines/index.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import { type HealthArgs, resolveHealthCheck } from "../shared/health.ts";
import { type ImageSource, resolveImage, validateImage } from "../shared/image.ts";
import { createMounts, isNested, markNested } from "../shared/mounts.ts";
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
    isPort,
    isUnknown,
    quote,
    refuse,
    reportErrorsOn,
    required,
    validate,
    validateObject,
} from "../shared/validation.ts";
import { chosenVariables, resolveWiring, validateWiring, type WiringArgs } from "../shared/wiring.ts";

/**
 * A process beside the web server, such as a worker or a scheduler. It has the image, the links and the arguments of the
 * application, except for its command, ports, host names and health check. An argument that the process sets itself
 * overrides the application's; variables, files, mounts and labels are added to the application's.
 */
export interface ProcessArgs extends ContainerArgs {
    /** Program to run, and its arguments. Required unless `entrypoint` is set. */
    command?: string[];
    /** Health check. Only `command` and its timing: the process has no port. @default none: the process must run for 5 s */
    health?: HealthArgs;
    /** How a Swarm runs the process. Overrides single settings of the application's `swarm`. */
    swarm?: SwarmAppArgs;
}

export interface WebAppArgs extends ImageSource, WiringArgs, ContainerArgs {
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
        const { mounts, processMounts, dependsOn } = createAppMounts(name, args, engine, child);
        const app = { name, args, engine, image, mounts, processMounts };
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
        port: [args.port, isPort],
        protectData: [args.protectData, isBoolean],
    });
    validateContainer(args);
    validateProcesses(args);
    validateImage(args, true);
    validateWiring(args);
    validatePortVariable(args);
    validatePublish(args.publish);
    validateEngine(args);
}

function validateProcesses({ processes = {}, engine }: WebAppArgs): void {
    validateObject("processes", processes, '{ worker: { command: ["bin/worker"] } }');
    for (const [process, args] of Object.entries(processes)) {
        const path = `processes.${process}`;
        validate({ [path]: [process, isDockerName] });
        if (args.entrypoint === undefined)
            validate({ [`${path}.command`]: [required(args.command), isCommand] });
        validateContainer(args, `${path}.`);
        validateProcessOnEngine({ ...args, engine }, `${path}.`);
        for (const key of ["path", "host", "tcp"] as const)
            if (args.health?.[key] !== undefined)
                refuse(`${path}.health.${key}`, "only the web process has a port; set health.command");
    }
}

/** The health check, the published port and the application must use the same port. */
function validatePortVariable(args: WebAppArgs): void {
    const { port, env: { PORT: variable } = {} } = args;
    for (const chosen of chosenVariables(args))
        if (chosen.variable === "PORT" && chosen.argument !== "env.PORT")
            refuseVariable(chosen, "is the port that the web process listens on; use another name");
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
    /** Mounts of the processes, by name. */
    processMounts: Record<string, Mount[]>;
}

/**
 * Creates the volumes of the application and its processes. A process has the mounts of the application, and its own,
 * which take precedence at the same path.
 */
export function createAppMounts(
    name: string,
    args: WebAppArgs,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): { mounts: Mount[]; processMounts: Record<string, Mount[]>; dependsOn: pulumi.Resource[] } {
    const { mounts = [], processes = {}, protectData, engine: kind } = args;
    const own = Object.entries(processes).map(([process, { mounts: own = [] }]) => [process, own] as const);
    const all = {
        mounts: [...mounts, ...own.flatMap(([, ofProcess]) => ofProcess)],
        protectData,
        engine: kind,
    };
    const created = createMounts(name, isNested(args) ? markNested(all) : all, engine, opts);
    const ofApp = created.mounts.splice(0, mounts.length);
    const processMounts = own.map(([process, ofProcess]) => {
        const mine = created.mounts.splice(0, ofProcess.length);
        const paths = mine.map(({ path }) => path);
        return [process, [...ofApp.filter(({ path }) => !paths.includes(path)), ...mine]];
    });
    return {
        mounts: ofApp,
        processMounts: Object.fromEntries(processMounts) as Record<string, Mount[]>,
        dependsOn: created.dependsOn,
    };
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
    const health = resolveHealthCheck(args.health, listeningPort(args), "/");
    return createContainer(app, name, args, { publish, ...health }, opts);
}

function createProcesses(app: App, opts: pulumi.CustomResourceOptions): void {
    for (const [process, args] of Object.entries(app.args.processes ?? {})) {
        const name = `${app.name}-${process}`;
        const swarm = { ...app.args.swarm, ...args.swarm };
        const health = resolveHealthCheck(args.health);
        const mounts = app.processMounts[process];
        const { container, spec } = createContainer(
            app,
            name,
            processArgs(app.args, args),
            { ...health, swarm, mounts },
            opts,
        );
        verifyKeepsRunning(name, container, spec, app.engine, { parent: opts.parent });
    }
}

/** The arguments of a process: the application's, and its own. */
function processArgs(app: WebAppArgs, process: ProcessArgs): ContainerArgs & WiringArgs {
    const { command: _, hostname: __, ...common } = app;
    const own = Object.fromEntries(Object.entries(process).filter(([, value]) => value !== undefined));
    return {
        ...common,
        ...own,
        env: app.env || process.env ? { ...app.env, ...process.env } : undefined,
        labels: app.labels || process.labels ? { ...app.labels, ...process.labels } : undefined,
    };
}

/**
 * @param args of the application or the process
 * @param own what else differs between the containers of the application
 */
function createContainer(
    { name: component, args: app, engine, image, mounts }: App,
    name: string,
    args: ContainerArgs & WiringArgs,
    own: Partial<ContainerSpec>,
    opts: pulumi.CustomResourceOptions,
): AppContainer {
    const host = physicalName(name);
    const { env, networks, reachesHost } = resolveWiring(opts.parent, host, args);
    const spec: ContainerSpec = {
        capabilities: DEFAULT_CAPABILITIES,
        defaultStopTimeout: 10,
        swarm: app.swarm,
        ...describeOptions(args),
        component,
        name: host,
        image,
        mounts,
        networks,
        reachesHost,
        secretEnv: env.apply((variables) => ({ PORT: String(listeningPort(app)), ...variables })),
        ...own,
    };
    return { container: engine.createContainer(name, spec, opts), spec };
}
