import {
    isBoolean,
    isConstraint,
    isNodeLabel,
    isNodeName,
    isOneOf,
    validate,
    isIntegerFrom,
} from "../shared/validation.ts";

/** The engine that runs the containers. */
export const Engine = {
    /** A Docker Engine: containers on one machine. */
    Docker: "docker",
    /** A Docker Swarm: services on several machines. */
    Swarm: "swarm",
} as const;
export type Engine = (typeof Engine)[keyof typeof Engine];

/** Addresses that the name of a Swarm service resolves to on its networks. */
export const EndpointMode = {
    /** One virtual IP address, from which the kernel distributes requests to the replicas. Needs IP_VS. */
    VirtualIp: "vip",
    /** The addresses of the replicas, in rotating order (DNS round robin). */
    DnsRoundRobin: "dnsrr",
} as const;
export type EndpointMode = (typeof EndpointMode)[keyof typeof EndpointMode];

/** The nodes on which a published port is open. */
export const PublishMode = {
    /** All nodes: Docker's routing mesh. Needs IP_VS. */
    Ingress: "ingress",
    /** The nodes that run a replica, which limits replicas to one per node. */
    Host: "host",
} as const;
export type PublishMode = (typeof PublishMode)[keyof typeof PublishMode];

/** How a Swarm runs a service. A Docker Engine ignores it. */
export interface SwarmArgs {
    /** What the name of the service resolves to. @default `EndpointMode.VirtualIp` */
    endpointMode?: EndpointMode;
    /** The nodes on which the published port is open. @default `PublishMode.Ingress` */
    publishMode?: PublishMode;
    /** Constraints that a node must meet, for example `["node.labels.disk == ssd"]`. @default none */
    constraints?: string[];
}

/** Where a Swarm keeps data. */
export interface SwarmVolumeArgs {
    /** Host name of the node that keeps the data. Drydock does not move data to another node. @default the node that has the
     *  data; for a new service, the node with the fewest labels */
    node?: string;
}

/** How a Swarm runs a service with data: one replica, on the node that has the data. */
export interface SwarmDataArgs extends SwarmArgs {
    /** Host name of the node that keeps the data. Drydock does not move data to another node. @default the node that has the
     *  data; for a new service, the node with the fewest labels */
    node?: string;
    /** Encrypts the traffic between nodes on the service's own network. @default false */
    encrypted?: boolean;
}

/** How a Swarm runs a process of an application. */
export interface SwarmAppArgs extends SwarmArgs {
    /** Number of replicas. @default 1 */
    replicas?: number;
    /** Maximum number of replicas on one node. With a limit, an update stops an old replica before it starts a new one.
     *  @default no limit */
    replicasPerNode?: number;
    /** Node label over whose values the replicas are spread, for example `node.labels.zone`. @default the nodes */
    spread?: string;
    /** Number of replicas that an update replaces at a time. @default 1 */
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
