import { Engine, EngineDependent, validateSwarm } from "../engine";
import { oneOf, validate } from "../validation";
import { dockerEngine } from "./docker";
import { ContainerEngine } from "./spec";
import { swarmEngine } from "./swarm";

export { dockerOptions, dockerScripts, dockerSetup, enginePlatform, refuseContextForBuilds } from "./cli";
export { overlap } from "./data-guard";
export type {
    ContainerEngine,
    ContainerFile,
    ContainerSpec,
    HealthCheck,
    Mount,
    PublishedPort,
} from "./spec";

const ENGINES: Record<Engine, ContainerEngine> = { docker: dockerEngine, swarm: swarmEngine };

/** What runs a component's containers. */
export function engineOf({ engine = Engine.Docker }: { engine?: Engine }): ContainerEngine {
    return ENGINES[engine];
}

/** @throws pulumi.InputPropertyError for what the engine does not know, or cannot do */
export function validateEngine(args: EngineDependent): void {
    validate({ engine: [args.engine, oneOf(Object.values(Engine))] });
    validateSwarm(args.swarm);
    engineOf(args).validate(args);
}
