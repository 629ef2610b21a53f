import * as pulumi from "@pulumi/pulumi";
import { type ContainerArgs, DEFAULT_CAPABILITIES, validateContainer } from "../container/container-args.ts";
import { describeOptions } from "../container/describe.ts";
import type { Engine, SwarmAppArgs, SwarmDataArgs } from "../engines/engine.ts";
import { type ContainerSpec, getEngine, validateEngine } from "../engines/index.ts";
import type { ServiceConnection } from "../shared/connection.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import { type HealthArgs, resolveHealthCheck } from "../shared/health.ts";
import { type ImageSource, resolveImage, validateImage } from "../shared/image.ts";
import { physicalName } from "../shared/names.ts";
import {
    addressWhenHealthy,
    createPublishedPort,
    type PublishArgs,
    validatePublish,
} from "../shared/publish.ts";
import { verifyKeepsRunning, whenHealthy } from "../shared/readiness.ts";
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
import { resolveWiring, validateWiring, type WiringArgs } from "../shared/wiring.ts";
import { createShellCheck } from "./shell-check.ts";
import { createServicePassword, type ServicePasswordArgs, validateServicePassword } from "./password.ts";
import {
    createServiceVolumes,
    reserveServiceData,
    type ServiceDataArgs,
    storageOf,
    validateServiceData,
} from "./volumes.ts";

/** How a Swarm runs a service. With data it is one replica, on the node that has the data. */
export interface ServiceSwarmArgs extends SwarmDataArgs, SwarmAppArgs {}

/** What the `connection` of a service has beside its host, network and password. */
export interface ServiceEndpointArgs {
    /** Scheme of the URL, for example `http`, `mysql2`, `amqp` or `memcached`. @default `tcp` */
    scheme?: string;
    /** User to log in as. */
    username?: string;
    /** Name of the database, or another path of the URL. */
    database?: string;
    /** Parameters of the URL, not percent-encoded: `{ encoding: "utf8mb4" }`. */
    parameters?: Record<string, string>;
}

export interface ServiceArgs extends ImageSource, WiringArgs, ContainerArgs {
    /** TCP port that the service listens on. @default none: nothing links to it */
    port?: number;
    /** Publishes the port on the host. @default not published: only containers that link to the service can reach it */
    publish?: PublishArgs;
    /** Data to keep when the container is replaced. @default none */
    data?: ServiceDataArgs;
    /** Further data to keep, by name: the volume of `config` is called `<project>.<stack>.<name>.config`. */
    volumes?: Record<string, ServiceDataArgs>;
    /** Refuses every update that would delete a volume of the service or replace it with another, until this is false
     *  (Pulumi's `protect`). @default false */
    protectData?: boolean;
    /** Password of the service. @default none */
    password?: ServicePasswordArgs;
    /** What links to the service get beside its host, port and password. */
    connection?: ServiceEndpointArgs;
    /** Existing network for the container to join. @default a network of its own, which only links to the service join */
    network?: pulumi.Input<string>;
    /** Health check. @default something listens on `port`; without a port, the container must run for 5 s */
    health?: HealthArgs;
    /** What runs the container. @default `Engine.Docker` */
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
        args = convertToDeclaredTypes(args);
        reportErrorsOn(this, () => {
            validateService(name, args);
            reserveContainerName(this, name, "name", `the service ${name}`);
            reserveServiceData(name, args, this);
        });
        const child = { parent: this };

        const engine = getEngine(args);
        const image = resolveImage(name, args, engine, child);
        const network = hasOwnNetwork(args) ? createNetwork(name, args, child) : args.network;
        const password = createServicePassword(name, args, image, child);
        const { mounts, dependsOn } = createServiceVolumes(name, args, {
            ...child,
            // Before a volume exists, it is known whether there was data already.
            dependsOn: password.dependsOn,
        });
        const publish =
            args.port === undefined ? undefined : createPublishedPort(name, args.publish, args.port, child);
        const wiring = resolveWiring(this, physicalName(name), args);
        const networks = pulumi
            .all([network, wiring.networks])
            .apply(([own, others]) => [...new Set([...(own === undefined ? [] : [own]), ...others])]);
        const spec: ContainerSpec = {
            capabilities: DEFAULT_CAPABILITIES,
            defaultStopTimeout: 10,
            ...describeOptions(args),
            component: name,
            name: physicalName(name),
            image,
            publish,
            networks,
            reachesHost: wiring.reachesHost,
            mounts,
            files: password.files,
            secretEnv: hasVariables(args)
                ? pulumi.all([wiring.env, password.env]).apply(([env, own]) => ({ ...env, ...own }))
                : undefined,
            ...resolveHealthCheck(healthOf(args), args.port),
            stateful: hasData(args),
            swarm: args.swarm,
        };
        const check = createShellCheck(name, args.engine, spec, child);
        const container = engine.createContainer(name, spec, {
            ...child,
            dependsOn: [...dependsOn, ...password.dependsOn, ...check],
        });
        verifyKeepsRunning(name, container, spec, engine, child);
        const healthy = whenHealthy(name, container, spec, engine, child);

        this.connection = connectionOf(name, args, pulumi.all([networks, password.value, healthy]));
        this.host = healthy.apply(() => spec.name);
        this.address = addressWhenHealthy(healthy, publish, engine, child);
        this.url = this.address.apply((address) => (address === "" ? "" : `${schemeOf(args)}://${address}`));
        this.password = pulumi.secret(password.value.apply((value) => value ?? ""));
        const { connection, host, address, url } = this;
        this.registerOutputs({ connection, host, address, url, password: this.password });
    }
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
    validateEndpoint(args.connection);
    validateServiceData(args);
    validateServicePassword(args);
    validateEngine(args);
    const { publish, health: { path, tcp } = {}, connection } = args;
    if (args.port === undefined)
        for (const [key, value] of Object.entries({
            publish,
            "health.path": path,
            "health.tcp": tcp,
            connection,
        }))
            if (value !== undefined) refuse(key, "the service has no port; set port, or leave it out");
    if (hasData(args) && (args.swarm?.replicas ?? 1) > 1)
        refuse(
            "swarm.replicas",
            "a service with data has one replica, on the node that has the data; leave it out",
        );
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

/** Networks are scarce. A service without a port needs one only to stay off the default bridge. */
function hasOwnNetwork({ network, port, links = {}, networks = [] }: ServiceArgs): boolean {
    return network === undefined && (port !== undefined || Object.keys(links).length + networks.length === 0);
}

function createNetwork(
    name: string,
    args: ServiceArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
    const spec = { component: name, name: physicalName(name), encrypted: args.swarm?.encrypted };
    return getEngine(args).createNetwork(`${name}-network`, spec, opts);
}

/** On a Swarm, variables need a shell in the image. */
function hasVariables({ env, links, secrets, password }: ServiceArgs): boolean {
    return [env, links, secrets, password?.variable].some((value) => value !== undefined);
}

function healthOf({ health = {}, port }: ServiceArgs): HealthArgs {
    const { path, command, disabled } = health;
    const isDefault = port !== undefined && path === undefined && command === undefined && !disabled;
    return isDefault ? { ...health, tcp: true } : health;
}

function schemeOf({ connection }: ServiceArgs): string {
    return connection?.scheme ?? "tcp";
}

function connectionOf(
    name: string,
    args: ServiceArgs,
    resolved: pulumi.Output<[string[], string | undefined, string]>,
): pulumi.Output<ServiceConnection> {
    const { username, database, parameters } = args.connection ?? {};
    const scheme = schemeOf(args);
    // A password without a user is an API key, which is sent in a header and is no part of the URL.
    const isKey = /^https?$/.test(scheme) && username === undefined;
    const storage = storageOf(name, args);
    return pulumi.secret(
        resolved.apply(([[network = ""], password]) => ({
            scheme,
            host: physicalName(name),
            // Without a port there is nothing to link to, which validateConnection reports.
            port: args.port ?? 0,
            network,
            ...(username !== undefined && { username }),
            ...(password !== undefined && !isKey && { password }),
            ...(database !== undefined && { database }),
            ...(parameters !== undefined && { parameters }),
            ...(storage !== undefined && { storage }),
        })),
    );
}
