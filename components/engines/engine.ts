import {
    isBoolean,
    isConstraint,
    isNodeLabel,
    isNodeName,
    isOneOf,
    validate,
    isIntegerFrom,
} from "../shared/validation.ts";

/** What runs the containers. */
export const Engine = {
    /** Docker Engine: containers on one machine. */
    Docker: "docker",
    /** Docker Swarm: services on many machines. */
    Swarm: "swarm",
} as const;
export type Engine = (typeof Engine)[keyof typeof Engine];

/** What the name of a service resolves to, on its networks. */
export const EndpointMode = {
    /** One address for all replicas, which the kernel shares out (IP_VS). */
    VirtualIp: "vip",
    /** The addresses of the replicas, each time in another order. */
    DnsRoundRobin: "dnsrr",
} as const;
export type EndpointMode = (typeof EndpointMode)[keyof typeof EndpointMode];

/** On which nodes a published port is open. */
export const PublishMode = {
    /** On every node, whether it runs a replica or not: the routing mesh (IP_VS). */
    Ingress: "ingress",
    /** On those that run a replica, and so one replica a node at most. */
    Host: "host",
} as const;
export type PublishMode = (typeof PublishMode)[keyof typeof PublishMode];

/** How a Swarm runs a service. */
export interface SwarmArgs {
    /** What its name resolves to. @default `EndpointMode.VirtualIp` */
    endpointMode?: EndpointMode;
    /** On which nodes its published port is open. @default `PublishMode.Ingress` */
    publishMode?: PublishMode;
    /** Which nodes may run it, all to be met: `["node.labels.disk == ssd"]`. @default any */
    constraints?: string[];
}

/** How a Swarm runs a service that has data: one replica, on the node that holds the data. */
export interface SwarmDataArgs extends SwarmArgs {
    /** Host name of the node that is to hold the data; it stays there. @default the one that holds it, or the one with the fewest labels */
    node?: string;
    /** Encrypts what goes over its own network from node to node. @default false */
    encrypted?: boolean;
}

/** How a Swarm runs a process of an application. */
export interface SwarmAppArgs extends SwarmArgs {
    /** How many run, spread over the nodes. @default 1 */
    replicas?: number;
    /** Most replicas on one node. With a limit, an update stops an old one before it starts a new one. @default no limit */
    replicasPerNode?: number;
    /** What they are spread over: a label of the nodes, such as `node.labels.zone`. @default the nodes */
    spread?: string;
    /** How many an update changes at a time. @default 1 */
    parallelism?: number;
}

export function validateSwarm(swarm: (SwarmDataArgs & SwarmAppArgs) | undefined, at = "swarm"): void {
    validate({
        [`${at}.endpointMode`]: [swarm?.endpointMode, isOneOf(Object.values(EndpointMode))],
        [`${at}.publishMode`]: [swarm?.publishMode, isOneOf(Object.values(PublishMode))],
        [`${at}.node`]: [swarm?.node, isNodeName],
        [`${at}.encrypted`]: [swarm?.encrypted, isBoolean],
        [`${at}.replicas`]: [swarm?.replicas, isIntegerFrom(0)],
        [`${at}.replicasPerNode`]: [swarm?.replicasPerNode, isIntegerFrom(1)],
        [`${at}.spread`]: [swarm?.spread, isNodeLabel],
        [`${at}.parallelism`]: [swarm?.parallelism, isIntegerFrom(1)],
    });
    swarm?.constraints?.forEach((constraint, i) => {
        validate({ [`${at}.constraints[${i}]`]: [constraint, isConstraint] });
    });
}
