import { Engine } from "../../../components/index.ts";
import {
    COMMAND,
    CONTAINER,
    type Declared,
    GENERATED,
    NETWORK,
    type Properties,
    type Run,
    run,
    SERVICE,
    type Settings,
    VOLUME,
} from "../../../testing/index.ts";
import { fromContainer } from "./docker.ts";
import { fromService } from "./swarm.ts";
import type { ContainerView } from "./view.ts";

export type { ContainerView } from "./view.ts";

/** What every behaviour of a component is tested over: `describe.each(ENGINES)("on %s", (engine) => ...)`. */
export const ENGINES = [Engine.Docker, Engine.Swarm] as const;

interface Terms {
    /** Type of the resource that runs a container. */
    container: string;
    /** What of an image that was pulled is run. */
    pulled: string;
    /** Where a published port is reached, unless told otherwise. */
    address: string;
    /** What a container joins a network by. */
    network: (component: string) => string;
    /** A build that the engine takes. */
    build: { context: string; push?: { image: string } };
    /** What a script of ours is started by. */
    script: (path: string) => string[];
}

/** What each engine calls by a name of its own. */
export const TERMS: Record<Engine, Terms> = {
    docker: {
        container: CONTAINER,
        pulled: GENERATED.image,
        address: "127.0.0.1",
        network: (component) => `shop-dev-${component}`,
        build: { context: "apps/sample" },
        script: (path) => [path],
    },
    swarm: {
        container: SERVICE,
        pulled: GENERATED.digest,
        address: "localhost",
        network: (component) => `${component}-network-id`,
        build: { context: "apps/sample", push: { image: "registry.example.com/sample:1" } },
        script: (path) => ["sh", path],
    },
};

/** Where data is kept that outlives its container. */
export interface VolumeView {
    /** Name of the resource. */
    name: string;
    parent: string;
    volume: unknown;
    protect: boolean;
}

export interface EngineRun extends Run {
    /** The container of that name; it may be left out where there is one. */
    container: (name?: string) => ContainerView;
    /** Names of the containers, in the order of the alphabet. */
    containers: string[];
    volumes: VolumeView[];
    /** Names of the networks that it made. */
    networks: string[];
}

/** Runs a program whose components all take the engine that it is handed. */
export async function runOn<E extends Engine>(
    engine: E,
    program: (engine: E) => object | undefined,
    settings?: Settings,
): Promise<EngineRun> {
    const result = await run(() => program(engine), settings);
    const type = TERMS[engine].container;
    const elsewhere = ENGINES.filter((other) => other !== engine).map((other) => TERMS[other].container);
    const strays = result.declared.filter((resource) => elsewhere.includes(resource.type));
    if (strays.length > 0) throw new Error(`${strays.map(({ name }) => name).join(", ")}: on another engine`);
    return {
        ...result,
        container: (name) => viewOf(result.one(type, name), result.declared),
        containers: result.names(type),
        volumes: result.declared.flatMap(volume),
        networks: result.names(NETWORK),
    };
}

/** What everybody may read who sees the state or the engine: all inputs but the secret ones. */
export function open({ declared }: Run): string {
    return declared
        .flatMap(({ inputs, secrets }) => {
            const shown = Object.entries(inputs).filter(([key]) => !secrets.includes(key));
            const { data } = Object.fromEntries(shown);
            return [JSON.stringify(shown), ...(typeof data === "string" ? [decoded(data)] : [])];
        })
        .join("\n");
}

/** What is in a docker.Secret or a docker.ServiceConfig. */
export function decoded(data: unknown): string {
    return Buffer.from(String(data), "base64").toString();
}

function viewOf(resource: Declared, declared: Declared[]): ContainerView {
    return resource.type === SERVICE ? fromService(resource, declared) : fromContainer(resource);
}

/** A docker.Volume, or on a Swarm what marks its node, and removes it. */
function volume({ type, name, parent, inputs, options: { protect } }: Declared): VolumeView[] {
    if (type === VOLUME) return [{ name, parent, volume: inputs.name, protect }];
    const { PLACE, STACK_VOLUMES } = (inputs.environment ?? {}) as Record<string, string>;
    return type === COMMAND && PLACE && STACK_VOLUMES ? [{ name, parent, volume: PLACE, protect }] : [];
}

/** What a service declared, by the names that the provider has for it. */
export function service(one: Run["one"], name?: string) {
    const { inputs, options } = one(SERVICE, name);
    const taskSpec = inputs.taskSpec as Properties & { containerSpec: Properties };
    return { ...inputs, options, taskSpec, containerSpec: taskSpec.containerSpec } as Properties & {
        taskSpec: Properties;
        containerSpec: Properties;
        options: Declared["options"];
    };
}
