import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_CAPABILITIES } from "../container/capabilities.ts";
import type { ContainerArgs } from "../container/container-args.ts";
import { describeOptions } from "../container/container-options.ts";
import { Engine } from "../engines/engine.ts";
import type { ContainerEngine, ContainerSpec, Mount, PublishedPort } from "../engines/index.ts";
import { createTrafficSwitch, gatewaysOf } from "../gateway/registration.ts";
import { resolveHealthCheck } from "../shared/health.ts";
import { createMounts, type StorageMountArgs } from "../shared/mounts.ts";
import { physicalName } from "../shared/names.ts";
import { isNested, markNested } from "../shared/nested-arguments.ts";
import { createPorts, type NamedPort, type PortsArgs, sortPublishedPorts } from "../shared/ports.ts";
import { startContainer, type StartedContainer, verifyKeepsRunning } from "../shared/readiness.ts";
import { resolveWiring, type WiringArgs } from "../shared/wiring.ts";
import { REPLICA_LABEL } from "./labels.ts";
import { hasReplica, type Rollback } from "./release.ts";
import { type ReplicaArgs, replicaName, replicaNumbers, withReplicas } from "./replicas.ts";
import {
    hasRollingUpdate,
    hostNames,
    listeningPort,
    mergeMounts,
    type ProcessArgs,
    processArgs,
    processPort,
    publishesPort,
    routesTo,
    routesToApplication,
    WEB,
    type WebAppArgs,
} from "./web-app-args.ts";

/** What the containers of an application have in common. */
export interface App {
    name: string;
    args: WebAppArgs;
    engine: ContainerEngine;
    /** Image of all processes. A release records one image (release.ts). */
    image: pulumi.Output<string>;
    /** The application's own network, if it has one. */
    network: pulumi.Output<string> | undefined;
    mounts: Mount[];
    /** Mounts of the processes, by name. */
    processMounts: Record<string, Mount[]>;
    rollback: Rollback | undefined;
}

/** Networks are scarce: an application has its own only if others can link to it, or if its host name needs one. */
export function createOwnNetwork(
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

/** The mounts of an application and of its processes. The storage comes first in each list. */
interface AppMounts {
    storage?: Mount;
    mounts: Mount[];
    /** Mounts of the processes, by name. */
    processMounts: Record<string, Mount[]>;
    dependsOn: pulumi.Resource[];
}

/** Creates the volumes of the application and its processes. */
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
    const appMounts = [...storageMounts, ...created.mounts.slice(0, mounts.length)];
    // In the order of `all.mounts`: after those of the application come those of each process.
    let start = mounts.length;
    const processMounts = processMountArgs.map(([process, { length }]) => {
        const ownMounts = created.mounts.slice(start, start + length);
        start += length;
        return [process, mergeMounts(appMounts, ownMounts)];
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
export interface AppProcess extends AppContainer {
    /** Host names of the replicas, if there are several. */
    replicaHosts?: string[];
}

export function createServer(
    app: App,
    published: PublishedPort[],
    opts: pulumi.CustomResourceOptions,
): AppProcess {
    const { name, args } = app;
    const health = resolveHealthCheck(args.health, listeningPort(args), "/");
    const overrides = {
        ports: published,
        ...health,
        overlap: args.overlap,
        rollingUpdate: hasRollingUpdate(args),
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

/** Creates the processes, each after those in its `after`. */
export function createProcesses(
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
    const create = (replica: number) =>
        createContainer(app, name, replica, processArgs(app.args, args), overrides, opts);
    return createReplicas(app, name, args, [], create, opts);
}

/** Without a check of its own, a process has none: a check in the image is for the web process. */
function processHealth(args: ProcessArgs): Partial<ContainerSpec> {
    return args.health === undefined
        ? { healthDisabled: true, healthDisabledByDefault: true }
        : resolveHealthCheck(args.health, processPort(args));
}

/**
 * Creates the replicas of a process, and switches traffic to them once all of them are healthy.
 *
 * @param firstContainer name of the process's first container
 * @param endpoints names of the process's endpoints, besides its ports
 * @param create creates the container of a replica, by its number
 */
function createReplicas(
    app: App,
    firstContainer: string,
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
                hasReplica(rollback, firstContainer, replicaName(firstContainer, replica)),
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

/**
 * @param firstContainer name of the process's first container
 * @param args of the application or the process
 * @param overrides properties that differ between the containers of the application
 */
function createContainer(
    { name: component, args: app, engine, image, network, mounts, rollback }: App,
    firstContainer: string,
    replica: number,
    args: ContainerArgs & WiringArgs & PortsArgs,
    overrides: Partial<ContainerSpec>,
    opts: pulumi.CustomResourceOptions,
): AppContainer {
    const name = replicaName(firstContainer, replica);
    const host = physicalName(name);
    const replicaOf = replica === 1 ? undefined : physicalName(firstContainer);
    const aliases = network && [
        ...new Set([
            firstContainer,
            ...(replicaOf === undefined ? [] : [replicaOf]),
            ...(args.aliases ?? []),
        ]),
    ];
    const { env, networks, reachesHost } = resolveWiring(
        opts.parent,
        host,
        args,
        network && hostNames(component, app),
    );
    const ports = createPorts(name, args.ports, { parent: opts.parent });
    const endpoints = [...(firstContainer === component ? [WEB] : []), ...ports.map(({ name }) => name)];
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
        ports: sortPublishedPorts([
            ...(overrides.ports ?? []),
            ...ports.flatMap(({ published }) => published),
        ]),
    };
    const { container, started } = startContainer(name, spec, engine, opts);
    // A rollback creates no Command that the state does not have.
    const isDeclared = rollback === undefined || rollback.existing.includes(`${name}-running`);
    const check = isDeclared
        ? verifyKeepsRunning(name, container, spec, engine, { parent: opts.parent })
        : undefined;
    return { name, spec, ports, container, started: check ? [...started, check] : started };
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
