import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_CAPABILITIES } from "../container/capabilities.ts";
import { type ContainerArgs, validateContainer } from "../container/container-args.ts";
import { describeOptions } from "../container/container-options.ts";
import { loadEnvFiles } from "../container/env-files.ts";
import { refuseVariable } from "../container/environment.ts";
import { Engine, type SwarmAppArgs } from "../engines/engine.ts";
import {
    type ContainerEngine,
    type ContainerSpec,
    getEngine,
    type Mount,
    type PublishedPort,
    validateEngine,
    validateProcessOnEngine,
} from "../engines/index.ts";
import {
    createAssetStore,
    createRouteRegistration,
    createTrafficSwitch,
    gatewaysOf,
} from "../gateway/registration.ts";
import { type AppRouteArgs, validateAppRoutes } from "../gateway/routes.ts";
import { type Connection, findEndpoint } from "../shared/connection.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import { type HealthArgs, refuseTimesWithoutCheck, resolveHealthCheck } from "../shared/health.ts";
import { type ImageSource, resolveImage, sourceOf, validateImage } from "../shared/image.ts";
import { createMounts, type StorageMountArgs } from "../shared/mounts.ts";
import { physicalName } from "../shared/names.ts";
import { isNested, markNested } from "../shared/nested-arguments.ts";
import {
    createPorts,
    endpointsWhenHealthy,
    firstTcpPort,
    type NamedPort,
    type PortArgs,
    type PortsArgs,
    publishedPorts,
    reserveHostPorts,
    validatePorts,
} from "../shared/ports.ts";
import {
    addressWhenHealthy,
    createPublishedPorts,
    type PublishArgs,
    validatePublish,
} from "../shared/publish.ts";
import {
    type StartedContainer,
    startContainer,
    verifyKeepsRunning,
    whenHealthy,
} from "../shared/readiness.ts";
import { refuseUnknownArguments } from "../shared/unknown-arguments.ts";
import {
    isBoolean,
    isCommand,
    isDockerName,
    isIntegerBetween,
    isOneOf,
    isPort,
    isUnknown,
    matches,
    quote,
    refuse,
    reportErrorsOn,
    required,
    validate,
    validateObject,
} from "../shared/validation.ts";
import { chosenVariables, resolveWiring, validateWiring, type WiringArgs } from "../shared/wiring.ts";
import { REPLICA_LABEL } from "./labels.ts";
import { type ReplicaArgs, replicaName, replicaNumbers, validateReplicas, withReplicas } from "./replicas.ts";
import {
    createReleaseImagesRemoval,
    hasReplica,
    MAX_KEPT_RELEASES,
    recordRelease,
    releaseImage,
    type Rollback,
    rollbackOf,
    withVariablesOf,
} from "./release.ts";

/**
 * A process beside the web server, such as a worker or a scheduler. It inherits the application's image, links and
 * arguments, except for command, ports, host names and health check. An argument that the process sets itself overrides
 * the application's; variables, files, mounts and labels are added to the application's.
 */
export interface ProcessArgs extends ContainerArgs {
    /** Program to run, and its arguments. Required unless `entrypoint`, `env` or `envFiles` is set.
     *  @default the image's command */
    command?: string[];
    /** Program that starts the command, which also replaces the image's command. `[]` restores the image's entrypoint.
     *  @default the entrypoint of the application, or else the image's */
    entrypoint?: string[];
    /** Ports that the process listens on, by name. The first TCP port is passed to it as `PORT`. */
    ports?: Record<string, PortArgs>;
    /** Health check. `path` and `tcp` use the first TCP port of `ports`. The image's check, which may be for the web
     *  server, is turned off; `{}` keeps it. @default none: the process must run for 5 s */
    health?: HealthArgs;
    /** Processes that must be healthy before this one starts; `web` is the web process. */
    after?: string[];
    /** Whether an update may start the new process before it stops the old one. On a Docker Engine, a process
     *  overlaps only if the web process overlaps and the process publishes no port. @default true */
    overlap?: boolean;
    /** Number of containers that run the process, 1 to 100. With several on a Docker Engine, the process cannot publish a
     *  port. @default 1; on a Swarm, `swarm.replicas` of the application */
    replicas?: number;
    /** How a Swarm runs the process. Overrides individual settings of the application's `swarm`. */
    swarm?: SwarmAppArgs;
}

export interface WebAppArgs extends ImageSource, WiringArgs, ContainerArgs {
    /** Command of the web process. @default the image's command */
    command?: string[];
    /** Port that the web process listens on. Passed to it as `PORT`. @default `PORT` of `env`, or 3000 */
    port?: number;
    /** Publishes the port on the host. @default not published: only containers on the same network can reach it */
    publish?: PublishArgs;
    /** Further ports of the web process, by name. If `ports` or `aliases` is set, the application has a network of its own,
     *  which others join by linking to one of its `endpoints`. */
    ports?: Record<string, PortArgs>;
    /** Requests that gateways pass on to the application. An application with routes that publishes no port is deployed
     *  without downtime: the gateways send requests to the new container once it is healthy. @default none */
    routes?: AppRouteArgs[];
    /** Directories of the image with fingerprinted assets, relative to its working directory: `["public/assets"]`. The
     *  gateways of `routes` keep the assets of the last five releases, and serve them when the application responds with
     *  status 404: after a deploy, pages of the old version still find their assets. Not on a Swarm. @default none */
    assets?: string[];
    /** Whether an update starts the new web process before it stops the old one. On a Docker Engine, the application must not
     *  publish a port. A Gateway switches to the new process without a failed request. Other clients of the
     *  application's host name must resolve it again, and retry while the old process stops.
     *  @default true on a Swarm; on a Docker Engine, true if `routes` is set and no port is published */
    overlap?: boolean;
    /** Number of containers that run the web process, 1 to 100. With several on a Docker Engine, the application cannot
     *  publish a port; the gateways of `routes` send each request to the one with the fewest requests in progress. On a
     *  Swarm, `swarm.replicas` overrides it, and applies to the other processes too. @default 1 */
    replicas?: number;
    /** Health check of the web process. @default HTTP GET `/` */
    health?: HealthArgs;
    /** Further processes, by name. */
    processes?: Record<string, ProcessArgs>;
    /** Refuses every update that would delete or unmount one of its volumes, until this is false (Pulumi's
     *  `protect`). For a single volume, set `protectData` of the mount. @default false */
    protectData?: boolean;
    /** Number of releases that `drydock rollback` can return to, including the one that serves: 1 to 100. Their images
     *  stay on the Docker Engine. Older images are removed, unless they have another name. @default 3 */
    keepReleases?: number;
    /** Engine that runs the containers. @default `Engine.Docker` */
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
    /** Host name of the web process on its networks. With `routes` or `overlap` on a Docker Engine, it resolves only on the
     *  application's own network and on those of its gateways. Resolves once the web process is healthy. */
    public readonly host: pulumi.Output<string>;
    /** Connection to the web process, for the routes of a Gateway. It needs a network: one that `links` joins, or one of its
     *  own (`aliases` or `ports`). */
    public readonly endpoint: pulumi.Output<Connection>;
    /** Connections to the ports in `ports` of the application and its processes, by name, for `links` of other components.
     *  `web` is the port of the web process. Empty if neither `ports` nor `aliases` is set. */
    public readonly endpoints: pulumi.Output<Record<string, Connection>>;
    /** Digest or ID of the image, for example for a Task. */
    public readonly image: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError if an argument is invalid */
    constructor(name: string, args: WebAppArgs, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:WebApp", name, {}, opts);
        args = convertToDeclaredTypes("WebApp", args);
        reportErrorsOn(this, () => {
            refuseUnknownArguments("WebApp", args);
            args = loadEnvFiles(args);
            validateWebApp(name, args);
            reserveNames(name, args, this);
        });
        const child = { parent: this };

        const rollback = rollbackOf(name);
        if (rollback) {
            const restored = withVariablesOf(rollback, args);
            args = isNested(args) ? markNested(restored) : restored;
        }
        const engine = getEngine(args);
        const image = releaseImage(rollback, name, args, () => resolveImage(name, args, engine, child));
        // On a Swarm, the nodes pull the image.
        const releaseImages =
            args.engine === Engine.Swarm
                ? { image, names: "" }
                : createReleaseImagesRemoval(name, image, child);
        const network = createOwnNetwork(name, args, engine, child);
        const { mounts, processMounts, dependsOn } = createAppMounts(name, args, engine, child);
        const app = {
            name,
            args,
            engine,
            image: releaseImages.image,
            network,
            mounts,
            processMounts,
            rollback,
        };
        const options = { ...child, dependsOn };
        const published = createPublishedPorts(name, args.publish, { port: listeningPort(args) }, child);
        const server = createServer(app, published, options);
        const processes = createProcesses(app, server, options);
        const routes = createRoutes(app, server, processes, child);
        const containers = [server, ...Object.values(processes)];
        recordRelease(
            name,
            {
                ...{ image, args, rollback },
                source: sourceOf(args.build ? image : args.image),
                imageNames: releaseImages.names,
            },
            { ...child, dependsOn: [...containers.flatMap(({ started }) => started), ...routes] },
        );

        const healthy = whenHealthy(name, server.started, server.spec, engine, child);
        const address = addressWhenHealthy(healthy, published, engine, child);
        this.url = address.apply((address) => (address === "" ? "" : `http://${address}`));
        this.host = healthy.apply(() => physicalName(name));
        this.endpoint = createEndpoint(app, published, { ...server, healthy }, child);
        this.endpoints = createEndpoints(app, published, { ...server, healthy }, processes, child);
        this.image = image;
        const { url, host, endpoint, endpoints } = this;
        this.registerOutputs({ url, host, endpoint, endpoints, image });
    }
}

export function validateWebApp(name: string, args: WebAppArgs): void {
    validate({
        name: [name, isDockerName],
        port: [args.port, isPort],
        protectData: [args.protectData, isBoolean],
        keepReleases: [args.keepReleases, isIntegerBetween(1, MAX_KEPT_RELEASES)],
    });
    validateContainer(args);
    validateImage(args, true);
    validateWiring(args);
    validatePortVariable(args);
    validatePublish(args.publish);
    validatePorts(args, listeningPort(args));
    validateEngine(args);
    validateProcesses(args);
    validateEndpointNames(args);
    validateAliases(name, args);
    validateRoutes(args);
    validateAssets(args);
    validateOverlap(args);
    validateReplicas(args, args.engine, publishesPort(args));
}

function validateRoutes(args: WebAppArgs): void {
    const { routes, ports = {}, processes = {} } = args;
    const processPorts = Object.values(processes).flatMap(({ ports = {} }) => Object.keys(ports));
    validateAppRoutes(routes, [WEB, ...Object.keys(ports), ...processPorts]);
}

function validateAssets({ assets, routes, engine }: WebAppArgs): void {
    if (assets === undefined) return;
    if (isUnknown(assets) || !Array.isArray(assets))
        refuse("assets", 'must be a list, for example ["public/assets"]');
    if (engine === Engine.Swarm && routes !== undefined && assets.length > 0)
        refuse("assets", "gateways on a Swarm do not keep the assets of earlier releases; leave it out");
    assets.forEach((directory, i) => {
        validate({ [`assets[${i}]`]: [required(directory), isAssetDirectory] });
    });
}

const isAssetDirectory = matches(
    /^(?!\/)(?!.*\.\.)[\w./-]+$/,
    "is not a directory relative to the image's working directory; write it like public/assets",
);

function validateOverlap({ overlap, engine = Engine.Docker, ...args }: WebAppArgs): void {
    validate({ overlap: [overlap, isBoolean] });
    if (overlap && engine === Engine.Docker && publishesPort(args))
        refuse(
            "overlap",
            "two containers cannot publish the same port; leave out publish and reach the application through a Gateway, or leave out overlap",
        );
}

/**
 * Whether a Docker Engine replaces the web process without downtime. Without routes, this is not the default: a proxy such as
 * nginx resolves a host name only once, and would not find the new container.
 */
function hasRollingUpdate({ engine = Engine.Docker, overlap, routes, ...args }: WebAppArgs): boolean {
    return (
        engine === Engine.Docker &&
        (overlap ?? routesToApplication(routes).length > 0) &&
        !publishesPort(args)
    );
}

/** The routes that send requests to the application: all but redirects. */
function routesToApplication(routes: AppRouteArgs[] = []): AppRouteArgs[] {
    return routes.filter(({ redirect }) => redirect === undefined);
}

function publishesPort({ publish, ports = {} }: PortsArgs): boolean {
    return publish !== undefined || Object.values(ports).some(({ publish }) => publish !== undefined);
}

function validateProcesses(app: WebAppArgs): void {
    const { processes = {}, engine, swarm } = app;
    validateObject("processes", processes, '{ worker: { command: ["bin/worker"] } }');
    for (const [process, args] of Object.entries(processes)) {
        const path = `processes.${process}`;
        validate({ [path]: [process, isDockerName] });
        if (args.command?.length === 0)
            refuse(
                `${path}.command`,
                "is empty; leave it out for the image's command. A process does not inherit the command of the application",
            );
        validate({ [`${path}.command`]: [args.command, isCommand] });
        // Some images choose their program from a variable.
        const isReset = resetsEntrypoint(args);
        const entrypoint = isReset ? app.entrypoint : args.entrypoint;
        if ((args.command ?? entrypoint ?? args.env) === undefined)
            refuse(
                `${path}.command`,
                "the process would run the same program as the web process; set command, entrypoint or env",
            );
        validate({ [`${path}.overlap`]: [args.overlap, isBoolean] });
        validateReplicas(args, engine, publishesPort({ ports: args.ports }), `${path}.`);
        validateContainer(isReset ? { ...args, entrypoint: undefined } : args, `${path}.`);
        validatePorts({ ports: args.ports }, undefined, `${path}.`);
        const { readOnly, tmpfs, files } = processArgs(app, args);
        const { mounts: ownMounts = [] } = args;
        const inherited = (app.mounts ?? []).filter(({ path }) =>
            ownMounts.every((mount) => mount.path !== path),
        );
        const mounts = [...inherited, ...ownMounts];
        validateProcessOnEngine(
            { ...args, engine, swarm: { ...swarm, ...args.swarm }, readOnly, tmpfs, files, mounts },
            `${path}.`,
        );
        for (const key of ["path", "host", "tcp"] as const)
            if (args.health?.[key] !== undefined && processPort(args) === undefined)
                refuse(`${path}.health.${key}`, "the process has no TCP port; set ports, or health.command");
        const { health = {} } = args;
        if (!health.tcp && (health.path ?? health.command) === undefined)
            refuseTimesWithoutCheck(health, `${path}.health`, `${path}.health.command, path or tcp`);
        validateOrder(process, processes);
    }
    refuseReplicaNames(app);
}

/** The drydock command names the replicas of a process `worker-2`, `worker-3` and so on. */
function refuseReplicaNames({ processes = {}, engine, ...web }: WebAppArgs): void {
    for (const [process, args] of [[WEB, web] as const, ...Object.entries(processes)])
        for (const replica of replicaNumbers(args, engine)) {
            const name = replicaName(process, replica);
            if (replica > 1 && name in processes)
                refuse(
                    `processes.${name}`,
                    `is the name of a replica of the process ${process}; use another name`,
                );
        }
}

/** Name of the web process among the processes and the endpoints. */
const WEB = "web";

function validateOrder(process: string, processes: Record<string, ProcessArgs>): void {
    const at = `processes.${process}.after`;
    const others = [WEB, ...Object.keys(processes)].filter((name) => name !== process);
    processes[process]?.after?.forEach((name, i) => {
        validate({ [`${at}[${i}]`]: [name, isOneOf(others)] });
    });
    const cycle = findCycle(process, processes, [process]);
    if (cycle !== undefined)
        refuse(
            at,
            `the processes wait for one another (${cycle.join(" -> ")}); remove one of these dependencies`,
        );
}

/** @param path the processes that wait for one another, up to `process` */
function findCycle(
    process: string,
    processes: Record<string, ProcessArgs>,
    path: string[],
): string[] | undefined {
    for (const name of processes[process]?.after ?? []) {
        if (name === path[0]) return [...path, name];
        const cycle = path.includes(name) ? undefined : findCycle(name, processes, [...path, name]);
        if (cycle !== undefined) return cycle;
    }
    return undefined;
}

/** The endpoints of all processes share one map, so their names must differ. */
function validateEndpointNames(args: WebAppArgs): void {
    const owners = new Map<string, string>();
    const all = [
        ...Object.entries(args.ports ?? {}).map(([port, own]) => [port, `ports.${port}`, own.port] as const),
        ...Object.entries(args.processes ?? {}).flatMap(([process, { ports = {} }]) =>
            Object.keys(ports).map(
                (port) => [port, `processes.${process}.ports.${port}`, undefined] as const,
            ),
        ),
    ];
    for (const [port, path, number] of all) {
        if (port === WEB && number !== listeningPort(args))
            refuse(path, `web is the port of the web process, ${listeningPort(args)}; use another name`);
        const other = owners.get(port);
        if (other !== undefined) refuse(path, `${other} has the same name; rename one of them`);
        owners.set(port, path);
    }
}

/** All processes are on the network of the application, so their host names must differ. */
function validateAliases(name: string, { aliases, processes = {} }: WebAppArgs): void {
    const all = [
        { path: "aliases", own: name, process: "the web process", aliases },
        ...Object.entries(processes).map(([process, { aliases }]) => ({
            path: `processes.${process}.aliases`,
            own: `${name}-${process}`,
            process: `the process ${process}`,
            aliases,
        })),
    ];
    const owners = new Map(all.map(({ own, process }) => [own, process]));
    for (const { path, process, aliases = [] } of all)
        aliases.forEach((alias, i) => {
            const other = owners.get(alias) ?? process;
            if (other !== process)
                refuse(`${path}[${i}]`, `${quote(alias)} is a host name of ${other}; use another name`);
            owners.set(alias, process);
        });
}

/** Port of the health check, which is also passed to the process as `PORT`. */
function processPort({ ports }: ProcessArgs): number | undefined {
    return firstTcpPort(ports)?.port;
}

/** Ensures that the health check, the published port and the application use the same port. */
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

/** Reserves the names of the containers and the ports of the host. */
function reserveNames(name: string, args: WebAppArgs, app: WebApp): void {
    const { processes = {}, engine, swarm } = args;
    reserveContainerNames(app, name, args, engine, "name", `the application ${name}`);
    reserveHostPorts(app, `the application ${name}`, args);
    for (const [process, own] of Object.entries(processes)) {
        const description = `the process ${process} of ${name}`;
        reserveContainerNames(app, `${name}-${process}`, own, engine, `processes.${process}`, description);
        const published = { ports: own.ports, engine, swarm: { ...swarm, ...own.swarm } };
        reserveHostPorts(app, description, published, `processes.${process}.`);
    }
}

/** @param at path of the argument that the name comes from */
function reserveContainerNames(
    app: WebApp,
    name: string,
    args: ReplicaArgs,
    engine: Engine | undefined,
    at: string,
    description: string,
): void {
    for (const replica of replicaNumbers(args, engine))
        reserveContainerName(app, replicaName(name, replica), at, description);
}

/** Networks are scarce: an application has its own only if others can link to it, or if its host name needs one. */
function createOwnNetwork(
    name: string,
    args: WebAppArgs,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> | undefined {
    const isReachedByName = [args, ...Object.values(args.processes ?? {})].some(
        ({ ports = {}, aliases = [] }) => Object.keys(ports).length > 0 || aliases.length > 0,
    );
    // A new container can get the host name, once it is healthy, on its own network but not on the networks of its links.
    const needsOwnNetworkForRollingUpdate =
        hasRollingUpdate(args) && routesToApplication(args.routes).length === 0;
    const sharesHostName =
        replicaNumbers(args, args.engine).length > 1 && routesToApplication(args.routes).length === 0;
    if (!isReachedByName && !needsOwnNetworkForRollingUpdate && !sharesHostName) return undefined;
    return engine.createNetwork(`${name}-network`, { component: name, name: physicalName(name) }, opts);
}

/** What the containers of an application have in common. */
interface App {
    name: string;
    args: WebAppArgs;
    engine: ContainerEngine;
    image: pulumi.Output<string>;
    /** The application's own network, if it has one. */
    network: pulumi.Output<string> | undefined;
    mounts: Mount[];
    /** Mounts of the processes, by name. */
    processMounts: Record<string, Mount[]>;
    rollback: Rollback | undefined;
}

/** The mounts of an application and of its processes. The storage comes first in each list. */
interface AppMounts {
    storage?: Mount;
    mounts: Mount[];
    /** Mounts of the processes, by name. */
    processMounts: Record<string, Mount[]>;
    dependsOn: pulumi.Resource[];
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
    storage?: StorageMountArgs,
): AppMounts {
    const { mounts = [], processes = {}, protectData, engine: kind } = args;
    const processMountArgs = Object.entries(processes).map(
        ([process, { mounts = [] }]) => [process, mounts] as const,
    );
    const all = {
        mounts: [...mounts, ...processMountArgs.flatMap(([, mountArgs]) => mountArgs)],
        protectData,
        engine: kind,
        storage,
    };
    const created = createMounts(name, isNested(args) ? markNested(all) : all, engine, opts);
    const storageMounts = created.storage === undefined ? [] : [created.storage];
    const appMounts = [...storageMounts, ...created.mounts.splice(0, mounts.length)];
    const processMounts = processMountArgs.map(([process, mountArgs]) => {
        const ownMounts = created.mounts.splice(0, mountArgs.length);
        const paths = ownMounts.map(({ path }) => path);
        return [process, [...appMounts.filter(({ path }) => !paths.includes(path)), ...ownMounts]];
    });
    return {
        storage: created.storage,
        mounts: appMounts,
        processMounts: Object.fromEntries(processMounts) as Record<string, Mount[]>,
        dependsOn: created.dependsOn,
    };
}

interface AppContainer extends StartedContainer {
    name: string;
    spec: ContainerSpec;
    ports: NamedPort[];
}

/** The first container of a process. `started` has the resources of all replicas. */
interface AppProcess extends AppContainer {
    /** Host names of the replicas, if there are several. */
    replicaHosts?: string[];
}

/**
 * Creates the replicas of a process, and switches traffic to them once all of them are healthy.
 *
 * @param process name of its first container
 * @param endpoints names of the process's endpoints, besides its ports
 * @param create creates the container of a replica, by its number
 */
function createReplicas(
    app: App,
    process: string,
    args: ReplicaArgs,
    endpoints: string[],
    create: (replica: number) => AppContainer,
    opts: pulumi.CustomResourceOptions,
): AppProcess {
    const { rollback } = app;
    const created = replicaNumbers(args, app.args.engine)
        .filter(
            (replica) =>
                replica === 1 ||
                rollback === undefined ||
                hasReplica(rollback, process, replicaName(process, replica)),
        )
        .map(create);
    const healthy = created.flatMap(({ started }) => started);
    const replicas = created.map((each) =>
        addTrafficSwitch(app, { ...each, started: healthy }, endpoints, opts),
    );
    const [first, ...others] = replicas as [AppContainer, ...AppContainer[]];
    if (others.length === 0) return first;
    const started = [...new Set(replicas.flatMap(({ started }) => started))];
    return { ...first, started, replicaHosts: replicas.map(({ spec }) => spec.name) };
}

function createServer(app: App, published: PublishedPort[], opts: pulumi.CustomResourceOptions): AppProcess {
    const { name, args } = app;
    const health = resolveHealthCheck(args.health, listeningPort(args), "/");
    const overrides = {
        ...{ ports: published, ...health, overlap: args.overlap, rollingUpdate: hasRollingUpdate(args) },
        swarm: withReplicas(args),
    };
    return createReplicas(
        app,
        name,
        args,
        [WEB],
        (replica) => createContainer(app, name, replica, args, overrides, opts),
        opts,
    );
}

/** Adds a Command that, once the container is healthy, switches requests of gateways to it and adds its host names. */
function addTrafficSwitch(
    { args }: App,
    created: AppContainer,
    endpoints: string[],
    opts: pulumi.CustomResourceOptions,
): AppContainer {
    const { name, container, spec, ports, started } = created;
    const names = [...endpoints, ...ports.map(({ name }) => name)];
    const routes = routesTo(args, names);
    const needsHostNames = spec.rollingUpdate && spec.ownNetwork !== undefined;
    if (args.engine === Engine.Swarm || (routes.length === 0 && !needsHostNames)) return created;
    const gateways = gatewaysOf(routes, opts.parent, args.routes);
    const options = { parent: opts.parent, dependsOn: started };
    const traffic = createTrafficSwitch(name, container, spec, gateways, options);
    return { ...created, started: [...started, traffic] };
}

/** Creates the processes, each after those in its `after`. */
function createProcesses(
    app: App,
    server: AppContainer,
    opts: pulumi.CustomResourceOptions,
): Record<string, AppProcess> {
    const { processes = {} } = app.args;
    const created: Record<string, AppProcess> = {};
    const create = (process: string): AppProcess => {
        const args = processes[process] ?? {};
        const predecessors = (args.after ?? []).map((name) =>
            name === WEB ? server : (created[name] ?? create(name)),
        );
        const dependsOn = predecessors.flatMap(({ started }) => started);
        return (created[process] ??= createProcess(
            app,
            process,
            args,
            pulumi.mergeOptions(opts, { dependsOn }),
        ));
    };
    Object.keys(processes).forEach(create);
    return created;
}

function createProcess(
    app: App,
    process: string,
    args: ProcessArgs,
    opts: pulumi.CustomResourceOptions,
): AppProcess {
    const name = `${app.name}-${process}`;
    const overrides = {
        ...processHealth(args),
        swarm: { ...app.args.swarm, ...withReplicas(args) },
        mounts: app.processMounts[process],
        overlap: args.overlap,
        rollingUpdate:
            hasRollingUpdate(app.args) && args.overlap !== false && !publishesPort({ ports: args.ports }),
    };
    const create = (replica: number) => {
        const created = createContainer(app, name, replica, processArgs(app.args, args), overrides, opts);
        const check = verifyKeepsRunning(created.name, created.container, created.spec, app.engine, {
            parent: opts.parent,
        });
        return { ...created, started: [...created.started, ...(check ? [check] : [])] };
    };
    return createReplicas(app, name, args, [], create, opts);
}

function createRoutes(
    { name, args, image }: App,
    server: AppProcess,
    processes: Record<string, AppProcess>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const { routes = [], assets = [] } = args;
    if (routes.length === 0) return [];
    const containers = [server, ...Object.values(processes)];
    const endpoint = (wanted = WEB) => {
        const owner = containers.find(({ ports }) => ports.some(({ name }) => name === wanted)) ?? server;
        const port = owner.ports.find(({ name }) => name === wanted)?.args.port ?? listeningPort(args);
        const [process = ""] = Object.entries(processes).find(([, process]) => process === owner) ?? [];
        const { health } = owner === server ? args : (args.processes?.[process] ?? {});
        const { spec, replicaHosts } = owner;
        return { host: spec.name, replicaHosts, port, healthPath: health?.path?.replace(/\?.*/, "") };
    };
    const options = pulumi.mergeOptions(opts, { dependsOn: containers.flatMap(({ started }) => started) });
    const hasAssets = assets.length > 0;
    const assetStores = hasAssets
        ? [createAssetStore(name, assets, image, server.spec, gatewaysOf(routes, opts.parent), options)]
        : [];
    const registered = createRouteRegistration(
        name,
        routes,
        endpoint,
        hasAssets,
        args.engine,
        pulumi.mergeOptions(options, { dependsOn: assetStores }),
    );
    return [registered];
}

/** Whether the process has the image's entrypoint instead of the application's. */
function resetsEntrypoint({ entrypoint }: ProcessArgs): boolean {
    return entrypoint?.length === 0;
}

/** Without a check of its own, a process has none: a check in the image is for the web process. */
function processHealth(args: ProcessArgs): Partial<ContainerSpec> {
    return args.health === undefined
        ? { healthDisabled: true, healthDisabledByDefault: true }
        : resolveHealthCheck(args.health, processPort(args));
}

/** The arguments of a process: the application's, and its own. */
function processArgs(app: WebAppArgs, process: ProcessArgs): ContainerArgs & WiringArgs & PortsArgs {
    const {
        command: _command,
        hostname: _hostname,
        aliases: _aliases,
        ports: _ports,
        overlap: _overlap,
        ...common
    } = app;
    const own = Object.fromEntries(Object.entries(process).filter(([, value]) => value !== undefined));
    const port = processPort(process);
    return {
        ...common,
        ...own,
        ...(resetsEntrypoint(process) && { entrypoint: undefined }),
        env:
            app.env || process.env || port
                ? { ...app.env, ...(port && { PORT: String(port) }), ...process.env }
                : undefined,
        files: app.files || process.files ? { ...app.files, ...process.files } : undefined,
        labels: app.labels || process.labels ? { ...app.labels, ...process.labels } : undefined,
    };
}

/**
 * @param process name of its first container
 * @param args of the application or the process
 * @param overrides properties that differ between the containers of the application
 */
function createContainer(
    { name: component, args: app, engine, image, network, mounts }: App,
    process: string,
    replica: number,
    args: ContainerArgs & WiringArgs & PortsArgs,
    overrides: Partial<ContainerSpec>,
    opts: pulumi.CustomResourceOptions,
): AppContainer {
    const name = replicaName(process, replica);
    const host = physicalName(name);
    const replicaOf = replica === 1 ? undefined : physicalName(process);
    const aliases = network && [
        ...new Set([process, ...(replicaOf === undefined ? [] : [replicaOf]), ...(args.aliases ?? [])]),
    ];
    const { env, networks, reachesHost } = resolveWiring(
        opts.parent,
        host,
        args,
        network && hostNames(component, app),
    );
    const ports = createPorts(name, args.ports, { parent: opts.parent });
    const endpoints = [...(process === component ? [WEB] : []), ...ports.map(({ name }) => name)];
    const gatewayNetworks = networksOfGateways(app, endpoints, opts.parent);
    const spec: ContainerSpec = {
        capabilities: DEFAULT_CAPABILITIES,
        defaultStopTimeout: 10,
        swarm: app.swarm,
        ...describeOptions(args),
        ...(replicaOf !== undefined && {
            replicaOf,
            labels: { ...args.labels, [REPLICA_LABEL]: String(replica) },
        }),
        component,
        name: host,
        image,
        mounts,
        networks: pulumi
            .all([networks, network, gatewayNetworks])
            .apply(([linked, own, ofGateways]) => [
                ...new Set([...linked, ...(own === undefined ? [] : [own]), ...ofGateways]),
            ]),
        ownNetwork: network,
        aliases,
        aliasesSetByUser: true,
        reachesHost,
        secretEnv: env.apply((variables) => ({ PORT: String(listeningPort(app)), ...variables })),
        ...overrides,
        joinsNetworksLater:
            routesToApplication(app.routes).length > 0 ||
            (overrides.rollingUpdate === true && network !== undefined),
        ports: publishedPorts([...(overrides.ports ?? []), ...ports.flatMap(({ published }) => published)]),
    };
    return { name, spec, ports, ...startContainer(name, spec, engine, opts) };
}

/** Networks of gateways, for a service on a Swarm. On a Docker Engine, a Command connects the container. */
function networksOfGateways(
    app: WebAppArgs,
    endpoints: string[],
    component: pulumi.Resource | undefined,
): pulumi.Output<string[]> {
    const routes = app.engine === Engine.Swarm ? routesTo(app, endpoints) : [];
    return gatewaysOf(routes, component, app.routes).apply((all) =>
        all.flatMap(({ network }) => network ?? []),
    );
}

/** The routes that send requests to one of these endpoints. */
function routesTo({ routes }: WebAppArgs, endpoints: string[]): AppRouteArgs[] {
    return routesToApplication(routes).filter(({ endpoint = WEB }) => endpoints.includes(endpoint));
}

/** The short host names on the network of the application. */
function hostNames(name: string, { aliases = [], processes = {} }: WebAppArgs): string[] {
    const processNames = Object.entries(processes).map(([process, { aliases = [] }]) => [
        `${name}-${process}`,
        ...aliases,
    ]);
    return [name, ...aliases, ...processNames.flat()];
}

/**
 * The endpoint of the web process: on the application's own network, on the network of its first gateway, or on the
 * first network that it joins. If there is none of these, `network` is empty.
 */
function createEndpoint(
    { args, engine, network }: App,
    published: PublishedPort[],
    { spec, replicaHosts, healthy }: AppProcess & { healthy: pulumi.Output<string> },
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<Connection> {
    const gateways = gatewaysOf(routesToApplication(args.routes), opts.parent, args.routes);
    const host = pulumi.all([spec.networks, network, gateways]).apply(([networks = [], own, [gateway]]) => ({
        host: spec.name,
        network: own ?? gateway?.network ?? networks[0] ?? "",
        ...(replicaHosts && { replicaHosts }),
    }));
    const web = { name: WEB, args: { port: listeningPort(args), scheme: "http" }, published };
    return endpointsWhenHealthy(healthy, host, [web], engine, opts).apply((endpoints) =>
        findEndpoint(endpoints, WEB),
    );
}

/** The endpoints of all processes, by name. */
function createEndpoints(
    { args, engine, network }: App,
    published: PublishedPort[],
    server: AppProcess & { healthy: pulumi.Output<string> },
    processes: Record<string, AppProcess>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<Record<string, Connection>> {
    if (network === undefined) return pulumi.output<Record<string, Connection>>({});
    const endpointsOf = ({ spec, ports, replicaHosts }: AppProcess, healthy: pulumi.Output<string>) => {
        const { name: host, aliases } = spec;
        const endpointHost = network.apply((network) => ({
            ...{ host, network, aliases },
            ...(replicaHosts && { replicaHosts }),
        }));
        return endpointsWhenHealthy(healthy, endpointHost, ports, engine, opts);
    };
    const web = { name: WEB, args: { port: listeningPort(args), scheme: "http" }, published };
    const processEndpoints = Object.values(processes)
        .filter(({ ports }) => ports.length > 0)
        .map((process) =>
            endpointsOf(process, whenHealthy(process.name, process.started, process.spec, engine, opts)),
        );
    return pulumi
        .all([endpointsOf({ ...server, ports: [web, ...server.ports] }, server.healthy), ...processEndpoints])
        .apply((all) => Object.assign({}, ...all) as Record<string, Connection>);
}
