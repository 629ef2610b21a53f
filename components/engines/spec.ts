import type * as command from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Engine, SwarmAppArgs, SwarmArgs, SwarmDataArgs } from "./engine.ts";

/** Arguments whose validity depends on the engine. */
export interface EngineSpecificArgs {
    engine?: Engine;
    swarm?: SwarmDataArgs & SwarmAppArgs;
    build?: { push?: unknown };
    publish?: { ip?: unknown };
    image?: pulumi.Input<string>;
    tmpfs?: Record<string, string>;
    dump?: string;
    env?: Record<string, pulumi.Input<string>>;
}

/**
 * What runs the containers of components. Each engine is a file beside this one, and what components ask of it is
 * here: a third engine is a third file. What builds an image and what runs once (a Task) is Docker's own, on either.
 */
export interface ContainerEngine {
    /** Runs a container and keeps it running; where the spec and the engine say so, several. Made once it is healthy. */
    createContainer(
        name: string,
        spec: ContainerSpec,
        opts: pulumi.CustomResourceOptions,
    ): pulumi.CustomResource;
    /** A script that fails, and says why, when a container that has just started does not stay up. */
    staysUpScript(spec: ContainerSpec, opts: pulumi.CustomResourceOptions): pulumi.Output<string>;
    /** What waits, when a stack is removed, until the containers of removed services on these networks have stopped. */
    waitForShutdown?(
        networks: pulumi.Input<pulumi.Input<string>[]>,
        opts: pulumi.CustomResourceOptions,
    ): command.local.CommandArgs;
    /** Makes a network that only what is linked joins. The value is what containers join it by. */
    createNetwork(name: string, spec: NetworkSpec, opts: pulumi.CustomResourceOptions): pulumi.Output<string>;
    /** Makes the place of data that outlives its container. */
    createVolume(name: string, spec: VolumeSpec, opts: pulumi.CustomResourceOptions): Mount;
    /** Makes what deletes a component's volumes when the component goes, where `createVolume` makes nothing that does. */
    createVolumeRemoval(
        name: string,
        spec: VolumeRemovalSpec,
        opts: pulumi.CustomResourceOptions,
    ): pulumi.Resource | undefined;
    /** The name by which all its machines know an image that was pulled. */
    imageReference(image: docker.RemoteImage): pulumi.Output<string>;
    /** Where a published port is reached, such as `127.0.0.1:3000`. */
    publishedAddress(port: PublishedPort, opts: pulumi.ResourceOptions): pulumi.Output<string>;
    /** @throws pulumi.InputPropertyError for what only another engine can do */
    validate(args: EngineSpecificArgs): void;
}

/** A container as the components describe it, whatever engine runs it. */
export interface ContainerSpec {
    /** Name of the component, for the label. */
    component: string;
    /** Name in the engine; others on the same network reach the container by it. */
    name: string;
    /** A name with a tag or, better, a digest or an ID. */
    image: pulumi.Input<string>;
    /** Arguments to the entrypoint. */
    command?: pulumi.Input<string>[];
    entrypoint?: string[];
    /** Variables that everybody may read who may look at the container. */
    env?: Record<string, string>;
    /** Variables that may be secret; the engine hides them where it can. */
    secretEnv?: pulumi.Input<Record<string, string>>;
    /** Files put into the container before it starts. */
    files?: ContainerFile[];
    mounts?: Mount[];
    /** Memory file systems, by path, with their options. */
    tmpfs?: Record<string, string>;
    networks?: pulumi.Input<pulumi.Input<string>[]>;
    publish?: PublishedPort;
    health?: HealthCheck;
    /** In MiB; without it, as much as there is. */
    memory?: number;
    /** Size of /dev/shm in MiB. */
    sharedMemory?: number;
    /** Processors, such as 1.5. */
    cpus?: number;
    user?: string;
    readOnly?: boolean;
    /** What a process may do beyond an ordinary one; nothing, where it is empty. */
    capabilities?: string[];
    /** Whether it is started again when it ends; yes, unless it was stopped on purpose. */
    restart?: string;
    /** Seconds between the request to stop and the end by force, where the user says so. */
    stopTimeout?: number;
    /** The same, where nobody does. */
    defaultStopTimeout: number;
    /** Adds the name `host.docker.internal` for the machine that the container runs on. */
    reachesHost?: pulumi.Input<boolean>;
    /** Whether it has data of its own: never two of them at a time. */
    stateful?: boolean;
    /** How a cluster runs it. */
    swarm?: SwarmArgs & SwarmAppArgs;
}

export interface NetworkSpec {
    component: string;
    /** Name in the engine. */
    name: string;
    /** Whether what goes from machine to machine is encrypted. */
    encrypted?: boolean;
}

export interface VolumeSpec {
    component: string;
    /** Path in the container. */
    path: string;
    /** Name of the volume. One of volume and hostPath is set. */
    volume?: string;
    /** Directory of the machine. */
    hostPath?: string;
    /** Whether the name was made up: one who is renamed, with an alias, keeps the old one. */
    generatedName?: boolean;
    /** The machine that is to hold it, of a cluster. */
    node?: string;
    /** An image that is on that machine. */
    image: pulumi.Input<string>;
}

/** What a component has on volumes. */
export interface VolumeRemovalSpec {
    component: string;
    /** Names of the volumes that it mounts now. */
    volumes: string[];
    /** The one that the user has named. */
    named?: string;
    /** Names of what deleted its volumes in states of version 0.1.0, one each. */
    legacy?: string[];
}

export interface ContainerFile {
    path: string;
    /** What is in it. One of content and source is set. */
    content?: pulumi.Input<string>;
    /** File of this machine that it is a copy of. */
    source?: string;
    /** Whether only the container may read it. */
    secret?: boolean;
    /** Whether it is a shell script that the container starts with. */
    executable?: boolean;
    /** Whether a change of it waits until the container is replaced for another reason, where the engine can wait. */
    deferred?: boolean;
}

export interface Mount {
    /** Path in the container. */
    path: string;
    /** Name of a volume. One of volume and hostPath is set. */
    volume?: pulumi.Input<string>;
    /** Directory of the host. */
    hostPath?: string;
    readOnly?: boolean;
    /** What marks the machine that holds it, of a cluster. */
    nodeLabel?: pulumi.Input<string>;
}

export interface PublishedPort {
    containerPort: number;
    hostPort: pulumi.Input<number>;
    /** Address of the machine; without it, the engine's default. */
    ip?: pulumi.Input<string>;
}

/** All times in seconds. */
export interface HealthCheck {
    /** `["CMD", ...]` or `["CMD-SHELL", "..."]`, as in a Dockerfile. */
    test: string[];
    interval: number;
    timeout: number;
    /** Failures in a row that make it unhealthy. */
    retries: number;
    /** Failures in the first so many seconds do not count. */
    startPeriod: number;
    /** How long an update waits until it is healthy. */
    waitTimeout: number;
    /** Which of these times the user has set. A change of the others' defaults does not replace what holds data. */
    setByUser?: string[];
}
