import { Engine } from "../../../components/index.ts";
import {
    COMMAND,
    CONTAINER,
    type Declared,
    NETWORK,
    type Properties,
    type Run,
    run,
    SERVICE,
    type Settings,
    VOLUME,
} from "../../../testing/index.ts";
import { readContainer } from "./docker-container.ts";
import { readService } from "./swarm-service.ts";
import type { DeclaredContainer } from "./declared-container.ts";

/** The engines that run components: `describe.each(ENGINES)("on %s", (engine) => ...)`. */
export const ENGINES = [Engine.Docker, Engine.Swarm] as const;

/** Type of the resource that runs a container, by engine. */
const CONTAINER_TYPES: Record<Engine, string> = { docker: CONTAINER, swarm: SERVICE };

/** A volume that a component has declared: a docker.Volume, or on a Swarm the Command that labels its node. */
export interface DeclaredVolume {
    /** Name of the resource. */
    name: string;
    parent: string;
    volume: unknown;
    protect: boolean;
}

export interface EngineRun extends Run {
    /** Returns the container with this resource name. The name may be omitted if there is one container. */
    container: (name?: string) => DeclaredContainer;
    /** Resource names of the containers, sorted. */
    containers: string[];
    volumes: DeclaredVolume[];
    /** Resource names of the networks, sorted. */
    networks: string[];
}

/**
 * Runs a program with mocked providers, and describes its containers and volumes in terms that do not depend on the engine.
 * The program must pass the engine to all its components: fails if one of them uses another engine.
 */
export async function runOn<E extends Engine>(
    engine: E,
    program: (engine: E) => object | undefined,
    settings?: Settings,
): Promise<EngineRun> {
    const result = await run(() => program(engine), settings);
    const type = CONTAINER_TYPES[engine];
    const otherTypes = ENGINES.filter((other) => other !== engine).map((other) => CONTAINER_TYPES[other]);
    const strays = result.declared.filter((resource) => otherTypes.includes(resource.type));
    if (strays.length > 0) throw new Error(`on another engine: ${strays.map(({ name }) => name).join(", ")}`);
    return {
        ...result,
        container: (name) => readDeclared(result.one(type, name), result.declared),
        containers: result.names(type),
        volumes: result.declared.flatMap(toVolumes),
        networks: result.names(NETWORK),
    };
}

/** All inputs that are not secret, as text. */
export function nonSecretText({ declared }: Run): string {
    return declared
        .flatMap(({ inputs, secrets }) => {
            const shown = Object.entries(inputs).filter(([key]) => !secrets.includes(key));
            const { data } = Object.fromEntries(shown);
            return [JSON.stringify(shown), ...(typeof data === "string" ? [decoded(data)] : [])];
        })
        .join("\n");
}

/** Content of a docker.Secret or a docker.ServiceConfig. */
export function decoded(data: unknown): string {
    return Buffer.from(String(data), "base64").toString();
}

function readDeclared(resource: Declared, declared: Declared[]): DeclaredContainer {
    return resource.type === SERVICE ? readService(resource, declared) : readContainer(resource);
}

function toVolumes({ type, name, parent, inputs, options: { protect } }: Declared): DeclaredVolume[] {
    if (type === VOLUME) return [{ name, parent, volume: inputs.name, protect }];
    const { PLACE, STACK_VOLUMES } = (inputs.environment ?? {}) as Record<string, string>;
    return type === COMMAND && PLACE && STACK_VOLUMES ? [{ name, parent, volume: PLACE, protect }] : [];
}

/** Inputs of a docker.Service, with the specs of its tasks and containers at hand. */
export function service(one: Run["one"], name?: string) {
    const { inputs, options } = one(SERVICE, name);
    const taskSpec = inputs.taskSpec as Properties & { containerSpec: Properties };
    return { ...inputs, options, taskSpec, containerSpec: taskSpec.containerSpec } as Properties & {
        taskSpec: Properties;
        containerSpec: Properties;
        options: Declared["options"];
    };
}

/** A program whose stack has no outputs. */
export function withoutOutputs(program: () => unknown): () => undefined {
    return () => void program();
}
