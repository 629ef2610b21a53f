import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { SERVICE_CAPABILITIES } from "../../container/capabilities.ts";
import type { ContainerArgs } from "../../container/container-args.ts";
import { describeOptions } from "../../container/container-options.ts";
import { EndpointMode, Engine, PublishMode } from "../../engines/engine.ts";
import { type ContainerSpec, createNodeVolume, getEngine } from "../../engines/index.ts";
import { createServiceVolumes } from "../../service/volumes.ts";
import type { ServiceConnection } from "../../shared/connection.ts";
import { resolveHealthCheck, withTcpDefault } from "../../shared/health.ts";
import { resolveImage } from "../../shared/image.ts";
import { physicalName, volumeName } from "../../shared/names.ts";
import { Protocol, sortPublishedPorts } from "../../shared/ports.ts";
import { addressWhenHealthy, createPublishedPorts } from "../../shared/publish.ts";
import { startContainer, whenHealthy } from "../../shared/readiness.ts";
import { readScriptBody } from "../../shared/scripts.ts";
import { resolveWiring } from "../../shared/wiring.ts";
import { type GatewayOptions, siteAddress } from "../caddyfile.ts";
import { ROUTES_DIRECTORY } from "../directories.ts";
import { GATEWAY_LABEL } from "../labels.ts";
import { IGNORED_OWNER_CHANGES } from "../scripts.ts";
import { swarmScript } from "./scripts.ts";

/** How a Swarm runs a gateway. */
export interface GatewaySwarmArgs {
    /** Nodes on which the ports are open. With `PublishMode.Ingress`, these are all nodes, and the gateway does not see the
     *  addresses of clients. @default `PublishMode.Host`: the nodes that run the gateway */
    publishMode?: PublishMode;
    /** Constraints that a node must meet, for example `["node.labels.edge == true"]`. @default none */
    constraints?: string[];
    /** Host name of the node that keeps the certificates. Drydock does not move them to another node. Only with TLS.
     *  @default the node that has them; for a new gateway, the node with the fewest labels */
    node?: string;
    /** Encrypts the traffic between nodes on the gateway's network. @default false */
    encrypted?: boolean;
}

/** Arguments of a gateway that its container depends on. */
export interface SwarmGatewayArgs extends ContainerArgs {
    image: pulumi.Input<string>;
    protectData?: boolean;
    swarm?: GatewaySwarmArgs;
}

export interface CreatedGateway {
    connection: pulumi.Output<ServiceConnection>;
    httpAddress: pulumi.Output<string>;
    httpsAddress: pulumi.Output<string>;
}

/** The gateway's own routes. */
interface OwnRoutes {
    /** Networks of their endpoints. */
    networks: pulumi.Output<string[]>;
    /** The output of formatSettings and formatRoutes. */
    lines: pulumi.Output<string>;
}

/**
 * Creates the gateway and its routes service. With TLS, the gateway runs on the node that has the certificates,
 * otherwise on each node.
 *
 * @param caddyfile path of the Caddyfile in the container
 */
export function createSwarmGateway(
    name: string,
    args: SwarmGatewayArgs,
    options: GatewayOptions,
    caddyfile: string,
    routes: OwnRoutes,
    parent: pulumi.ComponentResource,
): CreatedGateway {
    const child = { parent };
    const { swarm, protectData } = args;
    const engine = getEngine({ engine: Engine.Swarm });
    const image = resolveImage(name, args, engine, child);
    const host = physicalName(name);
    const networkSpec = { component: name, name: host, encrypted: swarm?.encrypted };
    const network = engine.createNetwork(`${name}-network`, networkSpec, child);
    const data = options.authority === undefined ? undefined : { path: "/data" };
    const volumes = createServiceVolumes(name, { data, protectData, engine: Engine.Swarm, swarm }, child);
    const volume = volumeName(name, "routes");
    const nodeVolume = createNodeVolume(`${name}-volume-routes`, volume, child);
    const ports = createGatewayPorts(name, options, child);
    const spec: ContainerSpec = {
        ...describeContainer(name, args, options, parent),
        command: [
            ...["sh", "-c", readScriptBody(import.meta.dirname, "start-gateway.sh")],
            ...[ROUTES_DIRECTORY, caddyfile],
        ],
        image,
        networks: pulumi
            .all([network, routes.networks])
            .apply(([ownNetwork, endpointNetworks]) => [...new Set([ownNetwork, ...endpointNetworks])]),
        ownNetwork: network,
        mounts: [...volumes.mounts, { path: "/config", volume }],
        ports: sortPublishedPorts([...ports.http, ...ports.https, ...ports.http3]),
        stateful: data !== undefined,
        onEachNode: data === undefined,
    };
    const { container: service, started } = startContainer(name, spec, engine, {
        ...child,
        dependsOn: [...volumes.dependsOn, nodeVolume],
    });
    const environment = {
        GATEWAY: host,
        ROUTES_SERVICE: physicalName(`${name}-routes`),
        OWNER: volumeName(name),
        ROUTES: routes.lines,
        VOLUME: volume,
        KEEP_ROUTES: [
            readScriptBody(`${import.meta.dirname}/..`, "compose-routes.sh"),
            readScriptBody(import.meta.dirname, "keep-routes.sh"),
        ].join(""),
        ROUTES_DIRECTORY,
        // The script does not read it. The Command runs again, and waits, when the service changes: the provider does
        // not wait for a service that runs on each node.
        SERVICE: pulumi.all([service.id, hashOf(spec)]).apply((version) => version.join(" ")),
    };
    const routesCommand = new command.local.Command(
        `${name}-routes`,
        swarmScript("gateway-routes.sh", environment, parent),
        // Delete the old Command first: it deletes the service that the new one creates.
        { parent, dependsOn: started, ignoreChanges: IGNORED_OWNER_CHANGES, deleteBeforeReplace: true },
    );
    const healthy = whenHealthy(name, [...started, routesCommand], spec, engine, child);
    return {
        connection: pulumi.all([network, healthy]).apply(([id]) => ({
            scheme: "http",
            host,
            port: options.httpPort,
            network: id,
        })),
        httpAddress: addressWhenHealthy(healthy, ports.http, engine, child),
        httpsAddress: addressWhenHealthy(healthy, ports.https, engine, child),
    };
}

function createGatewayPorts(
    name: string,
    { authority, httpPort, httpsPort }: GatewayOptions,
    opts: pulumi.CustomResourceOptions,
) {
    const create = (port: number, protocol?: Protocol) =>
        createPublishedPorts(name, { port }, { port, protocol }, opts);
    const hasTls = authority !== undefined;
    return {
        http: create(httpPort),
        https: hasTls ? create(httpsPort) : [],
        http3: hasTls ? create(httpsPort, Protocol.Udp) : [],
    };
}

function describeContainer(
    name: string,
    args: SwarmGatewayArgs,
    options: GatewayOptions,
    parent: pulumi.Resource,
) {
    const { swarm, aliases = [], env, health } = args;
    const host = physicalName(name);
    const wiring = resolveWiring(parent, host, { env });
    const publishMode = swarm?.publishMode ?? PublishMode.Host;
    return {
        capabilities: SERVICE_CAPABILITIES,
        defaultStopTimeout: 10,
        ...describeOptions(args),
        labels: { ...args.labels, [GATEWAY_LABEL]: siteAddress(options) },
        component: name,
        name: host,
        aliases: [...new Set([name, ...aliases])],
        aliasesSetByUser: true,
        reachesHost: wiring.reachesHost,
        secretEnv: env === undefined ? undefined : wiring.env,
        ...resolveHealthCheck(withTcpDefault(health), options.httpPort),
        swarm: {
            constraints: swarm?.constraints,
            publishMode,
            // Nothing connects to the gateway by its name. The routing mesh needs the virtual IP.
            endpointMode:
                publishMode === PublishMode.Ingress ? EndpointMode.VirtualIp : EndpointMode.DnsRoundRobin,
        },
    };
}

/** A hash that changes whenever the containers of the service are replaced. */
function hashOf(spec: ContainerSpec): pulumi.Output<string> {
    const files = spec.files?.map((file) => ({
        ...file,
        ...(file.source !== undefined && { content: readFileSync(file.source).toString("base64") }),
    }));
    return pulumi
        .output({ ...spec, files })
        .apply((known) => createHash("sha256").update(JSON.stringify(known)).digest("hex"));
}
