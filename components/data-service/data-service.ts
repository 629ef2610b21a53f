import * as pulumi from "@pulumi/pulumi";
import { createDataCheck, type Requirements } from "./data-check.ts";
import { reserveData } from "./data-owners.ts";
import type { Engine, SwarmDataArgs } from "../engines/engine.ts";
import { type ContainerSpec, getEngine, validateEngine } from "../engines/index.ts";
import { type HealthTimeArgs, validateHealth } from "../shared/health.ts";
import { resolveImage, type ImageSource, validateImage } from "../shared/image.ts";
import { physicalName } from "../shared/names.ts";
import { createNetwork } from "../shared/network.ts";
import {
    type PublishArgs,
    addressWhenHealthy,
    createPublishedPort,
    validatePublish,
} from "../shared/publish.ts";
import { whenHealthy } from "../shared/readiness.ts";
import { createDataMount, type StorageArgs, storageName, validateStorage } from "./storage.ts";
import {
    ifKnown,
    isDockerName,
    isNetwork,
    validate,
    reportErrorsOn,
    isMemorySize,
    parseMebibytes,
} from "../shared/validation.ts";

/** What a service that has data takes, whichever it is. */
export interface DataServiceArgs extends ImageSource, StorageArgs {
    /** Most memory the container may use, such as `1g`. @default no limit */
    memory?: string;
    /** Publishes it on the machine it runs on. @default only what links to it reaches it */
    publish?: PublishArgs;
    /** Network to join. @default one of its own */
    network?: pulumi.Input<string>;
    /** Times of the health check. */
    health?: HealthTimeArgs;
    /** What runs it. @default `Engine.Docker` */
    engine?: Engine;
    /** How a Swarm runs it; of no effect on a Docker Engine. */
    swarm?: SwarmDataArgs;
}

/** What one service is, and another is not. */
export interface ServiceDefinition {
    /** The image, where neither `image` nor `build` says another. */
    officialImage: string;
    /** Port that it listens on. */
    port: number;
    /** Where its image keeps the data. */
    dataPath: string;
    /** What it asks of an image and of a place for its data that the user names. */
    requirements: Requirements;
    container: Pick<
        ContainerSpec,
        | "entrypoint"
        | "command"
        | "env"
        | "files"
        | "health"
        | "sharedMemory"
        | "capabilities"
        | "defaultStopTimeout"
    >;
}

export interface DataService {
    /** How those who link to it reach it, once it is healthy. */
    endpoint: pulumi.Output<{ host: string; port: number; network: string; storage?: string }>;
    /** Where it is published, once it is healthy; empty where it is not. */
    address: pulumi.Output<string>;
}

/** @throws pulumi.InputPropertyError for an argument that cannot work */
export function validateDataService(name: string, args: DataServiceArgs): void {
    validate({
        name: [name, isDockerName],
        memory: [args.memory, isMemorySize],
        network: [ifKnown(args.network), isNetwork],
    });
    validateImage(args, false);
    validatePublish(args.publish);
    validateStorage(args);
    validateHealth(args.health);
    validateEngine(args);
}

/** Runs it, on a network of its own and with a place for its data where none are given. */
export function createDataService(
    name: string,
    args: DataServiceArgs,
    { officialImage, port, dataPath, requirements, container }: ServiceDefinition,
    opts: pulumi.CustomResourceOptions,
): DataService {
    reportErrorsOn(opts.parent, () => {
        reserveData(name, args, opts.parent);
    });
    const engine = getEngine(args);
    const source = args.image ?? (args.build ? undefined : officialImage);
    const image = resolveImage(name, { ...args, image: source }, engine, opts);
    const network = createNetwork(name, args, opts);
    const publish = createPublishedPort(name, args.publish, port, opts);
    const { mounts, dependsOn } = createDataMount(name, dataPath, args, image, opts);
    const check = createDataCheck(name, args, requirements, image, mounts, opts);
    const spec: ContainerSpec = {
        ...container,
        component: name,
        name: physicalName(name),
        image,
        publish,
        networks: [network],
        mounts,
        memory: parseMebibytes(args.memory),
        stateful: true,
        swarm: args.swarm,
    };
    const after = pulumi.mergeOptions(opts, { dependsOn: [...dependsOn, ...check] });
    const ready = whenHealthy(name, engine.createContainer(name, spec, after), spec, engine, opts);
    return {
        endpoint: pulumi.all([network, ready]).apply(([joined]) => {
            const storage = storageName(name, args);
            return { host: spec.name, port, network: joined, ...(storage !== undefined && { storage }) };
        }),
        address: addressWhenHealthy(ready, publish, engine, opts),
    };
}
