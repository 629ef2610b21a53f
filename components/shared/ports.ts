import * as pulumi from "@pulumi/pulumi";
import { PublishMode, type SwarmArgs, Engine } from "../engines/engine.ts";
import type { ContainerEngine, PublishedPort } from "../engines/index.ts";
import type { Connection } from "./connection.ts";
import { isSameResource } from "./container-names.ts";
import { perUpdate } from "./per-update.ts";
import {
    type ContainerPorts,
    addressWhenHealthy,
    createPublishedPorts,
    type PublishArgs,
    validatePublish,
} from "./publish.ts";
import {
    isDockerName,
    isOneOf,
    isPort,
    isScheme,
    isUnknown,
    refuse,
    requireArgument,
    validate,
    validateObject,
} from "./validation.ts";

/** Transport protocol of a port. */
export const Protocol = {
    /** Transmission Control Protocol. */
    Tcp: "tcp",
    /** User Datagram Protocol. */
    Udp: "udp",
} as const;
export type Protocol = (typeof Protocol)[keyof typeof Protocol];

/** A port that a container listens on, or a range of ports. */
export interface PortArgs {
    /** Port of the container. */
    port: number;
    /** Last port of a range that starts with `port`. @default `port` */
    endPort?: number;
    /** Transport protocol. @default `Protocol.Tcp` */
    protocol?: Protocol;
    /** Scheme of the endpoint, for the URL of a link: `http` sets `http://host:port`. @default the protocol */
    scheme?: string;
    /** Publishes the port on the host. A range is published as a range of the same size that starts with `publish.port`.
     *  @default not published: only containers that link to the endpoint can reach it */
    publish?: PublishArgs;
}

/** Arguments that concern the ports of a container. */
export interface PortsArgs {
    ports?: Record<string, PortArgs>;
    publish?: PublishArgs;
    engine?: Engine;
    swarm?: SwarmArgs;
}

/**
 * @param mainPort of the container, which `publish` publishes
 * @param at path of the object with the arguments, including a trailing dot: `processes.cable.`
 */
export function validatePorts({ ports = {}, publish }: PortsArgs, mainPort?: number, at = ""): void {
    validateObject(`${at}ports`, ports, "{ dns: { port: 53 } }");
    for (const [name, args] of Object.entries(ports)) {
        const path = `${at}ports.${name}`;
        validate({ [path]: [name, isDockerName] });
        validateObject(path, args, "{ port: 53 }");
        requireArgument(`${path}.port`, args.port, "53");
        validate({
            [`${path}.port`]: [args.port, isPort],
            [`${path}.endPort`]: [args.endPort, isPort],
            [`${path}.protocol`]: [args.protocol, isOneOf(Object.values(Protocol))],
            [`${path}.scheme`]: [args.scheme, isScheme],
        });
        const { port, endPort = port } = args;
        if (endPort < port)
            refuse(
                `${path}.endPort`,
                `${endPort} is less than port, which is ${port}; raise it, or leave it out`,
            );
        validatePublish(args.publish, `${path}.publish`, endPort - port + 1);
    }
    const named = Object.entries(ports).map(([name, args]) => ({ path: `${at}ports.${name}`, ...args }));
    named.forEach((one, i) => {
        const other = named.slice(0, i).find((earlier) => overlaps(one, earlier));
        if (other !== undefined)
            refuse(`${one.path}.port`, `${describePorts(one)} is also in ${other.path}; keep one of the two`);
        if (publish && one.publish && mainPort !== undefined && overlaps(one, { port: mainPort }))
            refuse(
                `${one.path}.publish`,
                `${at}publish publishes ${describePorts(one)} too; keep one of the two`,
            );
    });
}

/** The first TCP port of a container, which its health check uses by default. */
export function firstTcpPort(ports: Record<string, PortArgs> = {}): PortArgs | undefined {
    return Object.values(ports).find(({ protocol = Protocol.Tcp }) => protocol === Protocol.Tcp);
}

function overlaps(one: ContainerPorts, other: ContainerPorts): boolean {
    const { protocol = Protocol.Tcp, port, endPort = port } = one;
    const { protocol: otherProtocol = Protocol.Tcp, port: start, endPort: end = start } = other;
    return protocol === otherProtocol && port <= end && start <= endPort;
}

function describePorts({ port, endPort = port, protocol = Protocol.Tcp }: ContainerPorts): string {
    return `${port === endPort ? port : `${port}-${endPort}`}/${protocol}`;
}

interface Reservation extends ContainerPorts {
    component: pulumi.Resource;
    /** Path of the argument, in messages. */
    path: string;
    owner: string;
    ip: string;
}

/** Reserved ports of the host, by Docker provider. */
const reservations = perUpdate(() => new Map<unknown, Reservation[]>());

/**
 * Refuses a fixed port of the host that another container of the program publishes.
 *
 * @param owner description of the container in messages, for example `the process cable of web`
 */
export function reserveHostPorts(component: pulumi.Resource, owner: string, args: PortsArgs, at = ""): void {
    // In host mode, only the nodes that run the service publish the port.
    if (args.engine === Engine.Swarm && args.swarm?.publishMode === PublishMode.Host) return;
    const provider = component.getProvider("docker:index:Container");
    const known = reservations().get(provider) ?? [];
    reservations().set(provider, known);
    for (const reservation of hostPorts(args, at)) {
        const requested = { ...reservation, component, owner };
        const other = known.find(
            (each) => overlaps(each, requested) && addressesOverlap(each.ip, requested.ip),
        );
        if (other === undefined) known.push(requested);
        else if (
            !(
                other.owner === owner &&
                other.path === requested.path &&
                isSameResource(other.component, component)
            )
        )
            refuse(
                requested.path,
                `port ${describePorts(requested)} of the host is also published by ${other.owner} (${other.path}); use another port, or leave it out`,
            );
    }
}

function hostPorts({ ports = {}, publish, engine }: PortsArgs, at: string) {
    const published = [
        { path: `${at}publish.port`, publish, count: 1, protocol: Protocol.Tcp as Protocol },
        ...Object.entries(ports).map(([name, { port, endPort = port, protocol, publish }]) => ({
            path: `${at}ports.${name}.publish.port`,
            publish,
            count: endPort - port + 1,
            protocol,
        })),
    ];
    return published.flatMap(({ path, publish: { port, ip } = {}, count, protocol }) => {
        if (port === undefined || isUnknown(port) || isUnknown(ip)) return [];
        const address = ip ?? (engine === Engine.Swarm ? "0.0.0.0" : "127.0.0.1");
        const [start, host] = [port, address] as [number, string];
        return [{ path, protocol, port: start, endPort: start + count - 1, ip: host }];
    });
}

function addressesOverlap(one: string, other: string): boolean {
    const isWildcardFor = (wildcard: string, address: string) =>
        (wildcard === "0.0.0.0" && !address.includes(":")) || (wildcard === "::" && address.includes(":"));
    return one === other || isWildcardFor(one, other) || isWildcardFor(other, one);
}

/** A port of `ports`, and where it is published. */
export interface NamedPort {
    name: string;
    args: PortArgs;
    published: PublishedPort[];
}

/** @param container name of the container, for the names of the generated ports' resources */
export function createPorts(
    container: string,
    ports: Record<string, PortArgs> = {},
    opts: pulumi.ResourceOptions,
): NamedPort[] {
    return Object.entries(ports).map(([name, args]) => ({
        name,
        args,
        published: createPublishedPorts(`${container}-${name}`, args.publish, args, opts),
    }));
}

/** Where containers that link to an endpoint can reach it. */
export interface EndpointHost {
    host: string;
    network: string;
    aliases?: string[];
    /** Host names of the individual containers, if there are several. */
    replicaHosts?: string[];
}

/** The endpoints of a container by name, which resolve once it is healthy. */
export function endpointsWhenHealthy(
    healthy: pulumi.Output<string>,
    host: pulumi.Output<EndpointHost>,
    ports: NamedPort[],
    engine: ContainerEngine,
    opts: pulumi.ResourceOptions,
): pulumi.Output<Record<string, Connection>> {
    const endpoints = ports.map(
        ({ name, args: { port, protocol = Protocol.Tcp, scheme = protocol }, published }) => {
            const address = addressWhenHealthy(healthy, published, engine, opts);
            const endpoint = pulumi.all([host, address]).apply(([host, address]) => ({
                scheme,
                ...host,
                port,
                ...(address !== "" && { address }),
            }));
            return [name, endpoint] as const;
        },
    );
    return pulumi.output(Object.fromEntries(endpoints) as Record<string, pulumi.Output<Connection>>);
}

/** Sorts the published ports of a container in the order in which the provider reads them back. */
export function sortPublishedPorts(ports: PublishedPort[]): PublishedPort[] {
    return [...ports].sort(
        (a, b) =>
            a.containerPort - b.containerPort ||
            (a.protocol ?? Protocol.Tcp).localeCompare(b.protocol ?? Protocol.Tcp),
    );
}
