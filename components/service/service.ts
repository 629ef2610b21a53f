import * as pulumi from "@pulumi/pulumi";
import { SERVICE_CAPABILITIES } from "../container/capabilities.ts";
import { type ContainerArgs, validateContainer } from "../container/container-args.ts";
import { describeOptions } from "../container/container-options.ts";
import { loadEnvFiles } from "../container/env-files.ts";
import type { Engine, SwarmAppArgs, SwarmDataArgs } from "../engines/engine.ts";
import {
    type ContainerSpec,
    getEngine,
    type Mount,
    type PublishedPort,
    validateEngine,
} from "../engines/index.ts";
import type { Connection, ServiceConnection } from "../shared/connection.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import {
    type HealthArgs,
    refuseTimesWithoutCheck,
    resolveHealthCheck,
    withTcpDefault,
} from "../shared/health.ts";
import { type ImageSource, resolveImage, validateImage } from "../shared/image.ts";
import { physicalName } from "../shared/names.ts";
import {
    createPorts,
    type EndpointHost,
    endpointsWhenHealthy,
    firstTcpPort,
    type NamedPort,
    type PortArgs,
    reserveHostPorts,
    sortPublishedPorts,
    validatePorts,
} from "../shared/ports.ts";
import {
    addressWhenHealthy,
    createPublishedPorts,
    type PublishArgs,
    validatePublish,
} from "../shared/publish.ts";
import { startContainer, verifyKeepsRunning, whenHealthy } from "../shared/readiness.ts";
import { refuseUnknownArguments } from "../shared/unknown-arguments.ts";
import {
    ifKnown,
    isBoolean,
    isDockerName,
    isNetwork,
    isPort,
    isScheme,
    isString,
    refuse,
    reportErrorsOn,
    required,
    validate,
    validateObject,
} from "../shared/validation.ts";
import { resolveWiring, validateWiring, type Wiring, type WiringArgs } from "../shared/wiring.ts";
import { createShellCheck } from "./shell-check.ts";
import {
    createServicePassword,
    type ServicePassword,
    type ServicePasswordArgs,
    validateServicePassword,
} from "./password.ts";
import {
    createServiceVolumes,
    reserveServiceData,
    type ServiceDataArgs,
    serviceStorageName,
    validateServiceData,
} from "./volumes.ts";

/** How a Swarm runs a service. With data it is one replica, on the node that has the data. */
export interface ServiceSwarmArgs extends SwarmDataArgs, SwarmAppArgs {}

/** Parts of a service's `connection` other than its host, network and password. */
export interface ServiceEndpointArgs {
    /** Scheme of the URL, for example `http`, `mysql2`, `amqp` or `memcached`. @default `scheme` of the port, or `tcp` */
    scheme?: string;
    /** User to log in as. */
    username?: string;
    /** Name of the database, or another path of the URL. */
    database?: string;
    /** Parameters of the URL, not percent-encoded: `{ encoding: "utf8mb4" }`. */
    parameters?: Record<string, string>;
}

export interface ServiceArgs extends ImageSource, WiringArgs, ContainerArgs {
    /** TCP port that the service listens on, for its `connection` and its health check. @default the first TCP port of
     *  `ports`; without one, nothing can link to the service */
    port?: number;
    /** Publishes `port` on the host. @default not published: only containers that link to the service can reach it */
    publish?: PublishArgs;
    /** Further ports, by name, each an endpoint to link to. */
    ports?: Record<string, PortArgs>;
    /** Data to keep when the container is replaced. @default none */
    data?: ServiceDataArgs;
    /** Further data to keep, by name: the volume of `config` is called `<project>.<stack>.<name>.config`. */
    volumes?: Record<string, ServiceDataArgs>;
    /** Refuses every update that would delete a volume of the service or replace it with another, until this is false
     *  (Pulumi's `protect`). @default false */
    protectData?: boolean;
    /** Password of the service. @default none */
    password?: ServicePasswordArgs;
    /** Further parts of `connection`, for links to the service. */
    connection?: ServiceEndpointArgs;
    /** Existing network for the container to join. @default its own network,
     *  which only containers that link to the service join */
    network?: pulumi.Input<string>;
    /** Health check. @default something listens on the port of `connection`; without a port, the container must run for 5 s */
    health?: HealthArgs;
    /** Engine that runs the container. @default `Engine.Docker` */
    engine?: Engine;
    /** How a Swarm runs the service. No effect with `Engine.Docker`. */
    swarm?: ServiceSwarmArgs;
}

/**
 * A container of any image: a search server, a cache, a mail catcher, a proxy, another database.
 *
 * @example
 * const search = new Service("search", {
 *     image: "getmeili/meilisearch:v1.22",
 *     port: 7700,
 *     data: { path: "/meili_data" },
 *     password: { variable: "MEILI_MASTER_KEY", change: [] },
 *     connection: { scheme: "http" },
 * });
 * new WebApp("shop", { image: "shop:1.2", links: { search: search.connection }, env: { SEARCH_KEY: search.password } });
 */
export class Service extends pulumi.ComponentResource {
    /** Connection for `links`. Resolves once the service is healthy. Secret. */
    public readonly connection: pulumi.Output<ServiceConnection>;
    /** Connections to the ports in `ports`, by name, for `links` of other components. */
    public readonly endpoints: pulumi.Output<Record<string, Connection>>;
    /** Host name of the service on its networks. Resolves once it is healthy. */
    public readonly host: pulumi.Output<string>;
    /** Host address and port, for example `127.0.0.1:5432`. Empty if the service is not published. */
    public readonly address: pulumi.Output<string>;
    /** URL on the host, for example `http://127.0.0.1:8025`. Empty if the service is not published. */
    public readonly url: pulumi.Output<string>;
    /** Password. Empty if the service has none. Secret. */
    public readonly password: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError if an argument is invalid */
    constructor(name: string, args: ServiceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:Service", name, {}, opts);
        args = convertToDeclaredTypes("Service", args);
        reportErrorsOn(this, () => {
            refuseUnknownArguments("Service", args);
            args = loadEnvFiles(args);
            validateService(name, args);
            reserveContainerName(this, name, "name", `the service ${name}`);
            reserveHostPorts(this, `the service ${name}`, args);
            reserveServiceData(name, args, this);
        });
        const child = { parent: this };

        const engine = getEngine(args);
        const image = resolveImage(name, args, engine, child);
        const networking = joinNetworks(name, args, child);
        const password = createServicePassword(name, args, image, child);
        // The volumes depend on the password: its guard must find out whether there is data before a volume is created.
        const options = { ...child, dependsOn: password.dependsOn };
        const { mounts, dependsOn } = createServiceVolumes(name, args, options);
        const ports = createServicePorts(name, args, child);
        const spec = describeService(name, args, { image, networking, password, mounts, ports });
        const check = createShellCheck(name, args.engine, spec, child);
        const { container, started } = startContainer(name, spec, engine, {
            ...child,
            dependsOn: [...dependsOn, ...password.dependsOn, ...check],
        });
        const keepsRunning = verifyKeepsRunning(name, container, spec, engine, child);
        containers.set(this, container);

        const running = keepsRunning ? [...started, keepsRunning] : started;
        const healthy = whenHealthy(name, running, spec, engine, child);
        const { endpointHost } = networking;
        this.connection = createConnection(name, args, pulumi.all([endpointHost, password.value, healthy]));
        this.endpoints = endpointsWhenHealthy(healthy, endpointHost, ports.named, engine, child);
        this.host = healthy.apply(() => spec.name);
        this.address = addressWhenHealthy(healthy, ports.main, engine, child);
        this.url = this.address.apply((address) =>
            address === "" ? "" : `${connectionScheme(args)}://${address}`,
        );
        this.password = pulumi.secret(password.value.apply((value) => value ?? ""));
        const { connection, endpoints, host, address, url } = this;
        this.registerOutputs({ connection, endpoints, host, address, url, password: this.password });
    }
}

const containers = new WeakMap<Service, pulumi.CustomResource>();

/** The container of a Service, for components that are built on one. */
export function containerOf(service: Service): pulumi.CustomResource {
    const container = containers.get(service);
    if (container === undefined) throw new Error("the service has no container yet");
    return container;
}

function validateService(name: string, args: ServiceArgs): void {
    validate({
        name: [name, isDockerName],
        port: [args.port, isPort],
        network: [ifKnown(args.network), isNetwork],
        protectData: [args.protectData, isBoolean],
    });
    validateContainer(args);
    validateImage(args, true);
    validateWiring(args);
    validatePublish(args.publish);
    validatePorts(args, args.port);
    validateEndpoint(args.connection);
    validateServiceData(args);
    validateServicePassword(args);
    validateEngine({ ...args, files: { ...passwordFile(args), ...args.files } });
    const { publish, health: { path, tcp } = {}, connection } = args;
    if (args.port === undefined && publish !== undefined)
        refuse("publish", "publishes port, which is not set; set port, or publish one of ports");
    if (mainPort(args) === undefined)
        for (const [key, value] of Object.entries({ "health.path": path, "health.tcp": tcp, connection }))
            if (value !== undefined)
                refuse(key, `needs a TCP port, and the service has none; set port, or leave ${key} out`);
    if (mainPort(args) === undefined && args.health?.command === undefined)
        refuseTimesWithoutCheck(args.health ?? {}, "health", "port or health.command");
    if (args.health?.host !== undefined && path === undefined)
        refuse("health.host", "the default check sends no request; set health.path, or leave it out");
    if (hasData(args) && (args.swarm?.replicas ?? 1) > 1)
        refuse(
            "swarm.replicas",
            "a service with data has one replica, on the node that has the data; leave it out",
        );
}

/** The file that holds the service's password. */
function passwordFile({ password }: ServiceArgs): ServiceArgs["files"] {
    return password?.file === undefined
        ? {}
        : { [password.file]: { content: password.value ?? "generated" } };
}

function validateEndpoint(endpoint: ServiceEndpointArgs | undefined): void {
    validateObject("connection", endpoint, '{ scheme: "http" }');
    validateObject("connection.parameters", endpoint?.parameters, '{ encoding: "utf8mb4" }');
    validate({
        "connection.scheme": [endpoint?.scheme, isScheme],
        "connection.username": [endpoint?.username, isString],
        "connection.database": [endpoint?.database, isString],
    });
    for (const [key, value] of Object.entries(endpoint?.parameters ?? {}))
        validate({ [`connection.parameters.${key}`]: [required(value), isString] });
}

function hasData({ data, volumes = {} }: ServiceArgs): boolean {
    return data !== undefined || Object.keys(volumes).length > 0;
}

/** The port of the connection and of the health check. */
function mainPort({ port, ports }: ServiceArgs): number | undefined {
    return port ?? firstTcpPort(ports)?.port;
}

/** Networks are scarce: a service without links to it has its own only to stay off the default bridge. */
function hasOwnNetwork({
    network,
    port,
    ports = {},
    aliases = [],
    links = {},
    networks = [],
}: ServiceArgs): boolean {
    const isLinkTarget = port !== undefined || Object.keys(ports).length > 0 || aliases.length > 0;
    return network === undefined && (isLinkTarget || Object.keys(links).length + networks.length === 0);
}

/** Host names on the service's network. On a shared network, another service may have the same name as this one. */
function shortNames(name: string, args: ServiceArgs): string[] | undefined {
    if (hasOwnNetwork(args)) return [...new Set([name, ...(args.aliases ?? [])])];
    return args.network === undefined ? undefined : (args.aliases ?? []);
}

/** The networks and variables of a service. */
interface Networking extends Wiring {
    /** The service's own network, or the one that the user names. */
    network: pulumi.Input<string> | undefined;
    /** Host names on `network`. */
    aliases: string[] | undefined;
    /** Address for links to the service. */
    endpointHost: pulumi.Output<EndpointHost>;
}

function joinNetworks(name: string, args: ServiceArgs, opts: pulumi.CustomResourceOptions): Networking {
    const host = physicalName(name);
    const networkSpec = { component: name, name: host, encrypted: args.swarm?.encrypted };
    const network = hasOwnNetwork(args)
        ? getEngine(args).createNetwork(`${name}-network`, networkSpec, opts)
        : args.network;
    const aliases = shortNames(name, args);
    const wiring = resolveWiring(opts.parent, host, args, aliases);
    const networks = pulumi
        .all([wiring.networks, network])
        .apply(([others, id]) => (id === undefined ? others : [...new Set([...others, id])]));
    const endpointHost = pulumi.all([network, networks]).apply(([id, [first = ""]]) => ({
        host,
        network: id ?? first,
        ...(aliases !== undefined && aliases.length > 0 && { aliases }),
    }));
    return { ...wiring, network, aliases, networks, endpointHost };
}

interface ServicePorts {
    named: NamedPort[];
    /** Publication of the connection's port. */
    main: PublishedPort[];
}

function createServicePorts(name: string, args: ServiceArgs, opts: pulumi.ResourceOptions): ServicePorts {
    const { port, publish, ports } = args;
    const named = createPorts(name, ports, opts);
    const main =
        port === undefined
            ? named.find(({ args: { port } }) => port === mainPort(args))?.published
            : createPublishedPorts(name, publish, { port }, opts);
    return { named, main: main ?? [] };
}

function describeService(
    name: string,
    args: ServiceArgs,
    parts: {
        image: pulumi.Output<string>;
        networking: Networking;
        password: ServicePassword;
        mounts: Mount[];
        ports: ServicePorts;
    },
): ContainerSpec {
    const { image, networking, password, mounts, ports } = parts;
    const options = describeOptions(args);
    const files = [...(password.files ?? []), ...(options.files ?? [])];
    const published = new Set([...ports.main, ...ports.named.flatMap(({ published }) => published)]);
    return {
        capabilities: SERVICE_CAPABILITIES,
        defaultStopTimeout: 10,
        ...options,
        component: name,
        name: physicalName(name),
        image,
        networks: networking.networks,
        ownNetwork: networking.network,
        aliases: networking.aliases,
        aliasesSetByUser: true,
        ports: sortPublishedPorts([...published]),
        reachesHost: networking.reachesHost,
        mounts,
        files: files.length === 0 ? undefined : files,
        secretEnv: hasVariables(args)
            ? pulumi
                  .all([networking.env, password.env])
                  .apply(([linked, generated]) => ({ ...linked, ...generated }))
            : undefined,
        ...describeHealth(args),
        stateful: hasData(args),
        swarm: args.swarm,
    };
}

/** Without variables, the image needs no shell on a Swarm. */
function hasVariables({ env, links, secrets, password }: ServiceArgs): boolean {
    return [env, links, secrets, password?.variable].some((value) => value !== undefined);
}

/** A different check by the user replaces a container with data; a new version of Drydock's script does not. */
function describeHealth(args: ServiceArgs): Pick<ContainerSpec, "health" | "healthDisabled"> {
    const port = mainPort(args);
    const { health, healthDisabled } = resolveHealthCheck(
        port === undefined ? args.health : withTcpDefault(args.health),
        port,
    );
    const { path, host, command } = args.health ?? {};
    const choice = JSON.stringify([path, host, command, port]);
    return { health: health && { ...health, choice }, healthDisabled };
}

function connectionScheme({ connection, port, ports }: ServiceArgs): string {
    return connection?.scheme ?? (port === undefined ? firstTcpPort(ports)?.scheme : undefined) ?? "tcp";
}

function createConnection(
    name: string,
    args: ServiceArgs,
    resolved: pulumi.Output<[EndpointHost, string | undefined, string]>,
): pulumi.Output<ServiceConnection> {
    const { username, database, parameters } = args.connection ?? {};
    const scheme = connectionScheme(args);
    // Without a user, the password of an HTTP service is an API key, which is sent in a header and is not part of the URL.
    const isKey = /^https?$/.test(scheme) && username === undefined;
    const storage = serviceStorageName(name, args);
    return pulumi.secret(
        resolved.apply(([endpointHost, password]) => ({
            scheme,
            ...endpointHost,
            // Without a port there is nothing to link to, which validateConnection reports.
            port: mainPort(args) ?? 0,
            ...(username !== undefined && { username }),
            ...(password !== undefined && !isKey && { password }),
            ...(database !== undefined && { database }),
            ...(parameters !== undefined && { parameters }),
            ...(storage !== undefined && { storage }),
        })),
    );
}
