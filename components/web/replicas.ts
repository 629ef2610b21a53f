/** Replicas of a process: one service on a Swarm; on a Docker Engine, each container is a resource of its own. */
import { Engine, type SwarmAppArgs } from "../engines/engine.ts";
import { isIntegerBetween, refuse, validate } from "../shared/validation.ts";

const MAX_REPLICAS = 100;

export interface ReplicaArgs {
    replicas?: number;
    swarm?: SwarmAppArgs;
}

/**
 * @param publishesPort whether the process publishes a port
 * @param at path of the object with the arguments, including a trailing dot: `processes.worker.`
 * @throws pulumi.InputPropertyError
 */
export function validateReplicas(
    { replicas }: ReplicaArgs,
    engine: Engine | undefined,
    publishesPort: boolean,
    at = "",
): void {
    validate({ [`${at}replicas`]: [replicas, isIntegerBetween(1, MAX_REPLICAS)] });
    if (replicas !== undefined && replicas > 1 && engine !== Engine.Swarm && publishesPort)
        refuse(
            `${at}replicas`,
            `${replicas} containers cannot publish the same port; leave out publish and reach the application through a Gateway, or use 1`,
        );
}

/** The `swarm` arguments with the number of replicas. */
export function withReplicas({ replicas, swarm }: ReplicaArgs): SwarmAppArgs | undefined {
    return replicas === undefined ? swarm : { ...swarm, replicas: swarm?.replicas ?? replicas };
}

/** Numbers of the replicas on a Docker Engine, from 1. On a Swarm, only 1: one service runs all replicas. */
export function replicaNumbers({ replicas = 1 }: ReplicaArgs, engine: Engine | undefined): number[] {
    return Array.from({ length: engine === Engine.Swarm ? 1 : replicas }, (_, i) => i + 1);
}

/**
 * Name of a replica's container.
 *
 * @param name of the process: that of the first container
 */
export function replicaName(name: string, replica: number): string {
    return replica === 1 ? name : `${name}-${replica}`;
}
