import { Engine, validateSwarm } from "./engine.ts";
import { isOneOf, validate } from "../shared/validation.ts";
import { dockerEngine } from "./docker/docker-engine.ts";
import type { ContainerEngine, EngineSpecificArgs } from "./spec.ts";
import { swarmEngine } from "./swarm/swarm-engine.ts";

export {
    dockerOptions,
    dockerScript,
    enginePlatform,
    partlySecretDockerScript,
    refuseContextForBuilds,
    runDockerScript,
    streamDockerScript,
    createDockerClient,
} from "./docker-command.ts";
export { type ContainerProperties, containerProperties } from "./docker/container-properties.ts";
export { directoriesOverlap } from "./data-guard.ts";
export { hashFile } from "./file-labels.ts";
export { hostEntries } from "./provider-values.ts";
export { resolveNodeLabels } from "./swarm/placement.ts";
export { createNodeVolume } from "./swarm/volumes.ts";
export {
    validateFiles as validateSwarmFiles,
    validateTmpfs as validateSwarmTmpfs,
} from "./swarm/validation.ts";
export type {
    ContainerEngine,
    ContainerFile,
    ContainerOptions,
    ContainerSpec,
    HealthCheck,
    Mount,
    PublishedPort,
    VolumeSpec,
    PulledImage,
} from "./spec.ts";

const ENGINES: Record<Engine, ContainerEngine> = { docker: dockerEngine, swarm: swarmEngine };

/** The engine that runs a component's containers. */
export function getEngine({ engine = Engine.Docker }: { engine?: Engine }): ContainerEngine {
    return ENGINES[engine];
}

/** @throws pulumi.InputPropertyError if the engine is unknown or does not support an argument */
export function validateEngine(args: EngineSpecificArgs): void {
    validate({ engine: [args.engine, isOneOf(Object.values(Engine))] });
    validateSwarm(args.swarm);
    getEngine(args).validate(args);
}

/**
 * Checks a process of an application.
 *
 * @param at path of the process, including a trailing dot: `processes.worker.`
 */
export function validateProcessOnEngine(args: EngineSpecificArgs, at: string): void {
    validateSwarm(args.swarm, `${at}swarm`);
    getEngine(args).validate(args, at);
}
