import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Engine, SwarmAppArgs, SwarmDataArgs } from "./engine.ts";
import type { WiringArgs } from "../shared/wiring.ts";

/**
 * What components need from the engine that runs their containers. Components describe containers, networks and volumes
 * with the types below, which are the same for all engines; an engine creates Pulumi resources from them.
 *
 * To add an engine:
 * 1. Add its name to `Engine` in engine.ts, and its own arguments beside `SwarmArgs`.
 * 2. Add a directory with an implementation of this interface, like docker/ and swarm/, and register it in index.ts.
 * 3. Run the unit tests on it: add it to tests/unit/engines/index.ts, and a reader of its resources beside that file.
 * 4. Teach policies/ and cli/pr/ to read its resources.
 *
 * Building images (shared/image.ts) and running tasks (web/task.ts) are not part of an engine: both need a Docker Engine.
 */
export interface ContainerEngine {
    /** Runs a container, or as many replicas as the spec says. The resource is created once the container is healthy. */
    createContainer(
        name: string,
        spec: ContainerSpec,
        opts: pulumi.CustomResourceOptions,
    ): pulumi.CustomResource;

    /**
     * Inputs of a Command that fails if a container without a health check does not keep running. Undefined if nothing runs.
     *
     * @param id of the resource that `createContainer` has returned
     */
    keepsRunningCheck(
        id: pulumi.Input<string>,
        spec: ContainerSpec,
        opts: pulumi.CustomResourceOptions,
    ): command.local.CommandArgs | undefined;

    /**
     * Inputs of a Command that stops a container before the container is deleted. Only for engines that need it.
     *
     * @param id of the resource that `createContainer` has returned
     */
    stopBeforeDeletion?(
        id: pulumi.Input<string>,
        opts: pulumi.CustomResourceOptions,
    ): command.local.CommandArgs;

    /**
     * Inputs of a Command that waits, on deletion, until the containers of removed services on these networks have stopped.
     * Only for engines that remove a service before its containers have stopped.
     */
    waitForShutdown?(
        networks: pulumi.Input<pulumi.Input<string>[]>,
        opts: pulumi.CustomResourceOptions,
    ): command.local.CommandArgs;

    /** Creates a network. Returns its name or its ID, whichever containers join it by. */
    createNetwork(name: string, spec: NetworkSpec, opts: pulumi.CustomResourceOptions): pulumi.Output<string>;

    /** Creates a volume, or prepares a directory of the host, that outlives the containers that mount it. */
    createVolume(name: string, spec: VolumeSpec, opts: pulumi.CustomResourceOptions): Mount;

    /**
     * Creates a resource that deletes the component's volumes when the component is removed. Undefined if the resources of
     * `createVolume` do so themselves.
     */
    createVolumeRemoval(
        name: string,
        spec: VolumeRemovalSpec,
        opts: pulumi.CustomResourceOptions,
    ): pulumi.Resource | undefined;

    /**
     * Inputs of a Command that makes the data of a mount writable for the user that an image runs as: a new volume belongs
     * to root, unless the image contains the directory.
     *
     * @param component name of the component, for labels
     * @param user that the application runs as; undefined for the image's user
     */
    makeWritable(
        component: string,
        mount: Mount,
        image: pulumi.Input<string>,
        user: string | undefined,
        opts: pulumi.CustomResourceOptions,
    ): command.local.CommandArgs;

    /** Reference of a pulled image that all machines of the engine can resolve. */
    imageReference(image: PulledImage): pulumi.Output<string>;

    /** Host and port at which a published port is reached, for example `127.0.0.1:3000`. */
    publishedAddress(port: PublishedPort, opts: pulumi.ResourceOptions): pulumi.Output<string>;

    /**
     * @param at path of the object with the arguments, including a trailing dot: `processes.worker.`
     * @throws pulumi.InputPropertyError for arguments that the engine does not support
     */
    validate(args: EngineSpecificArgs, at?: string): void;
}

/** An image that the Docker Engine has: a docker.RemoteImage, or the result of `docker.getRemoteImage`. */
export type PulledImage = Record<"name" | "imageId" | "repoDigest", pulumi.Input<string>>;

/** Arguments whose validity depends on the engine. */
export interface EngineSpecificArgs extends Omit<WiringArgs, "networks"> {
    engine?: Engine;
    swarm?: SwarmDataArgs & SwarmAppArgs;
    build?: { push?: unknown };
    publish?: { ip?: unknown };
    ports?: Record<string, { publish?: { ip?: unknown } }>;
    image?: pulumi.Input<string>;
    command?: string[];
    tmpfs?: Record<string, string>;
    files?: Record<string, { source?: string; content?: pulumi.Input<string> }>;
    mounts?: { path: string; readOnly?: boolean }[];
    readOnly?: boolean;
    ulimits?: object;
    tty?: boolean;
    stdinOpen?: boolean;
    dump?: string;
}

/** Options of a container, with the names and the meaning of `ContainerArgs`. */
export interface ContainerOptions {
    /** Arguments of the entrypoint. */
    command?: pulumi.Input<string>[];
    entrypoint?: string[];
    workingDirectory?: string;
    user?: string;
    /** Files to copy into the container before it starts. */
    files?: ContainerFile[];
    /** Options of tmpfs mounts, by path. */
    tmpfs?: Record<string, string>;
    /** Memory limit in MiB. */
    memory?: number;
    /** CPU limit, for example 1.5. */
    cpus?: number;
    /** Size of /dev/shm in MiB. */
    sharedMemory?: number;
    ulimits?: Record<string, { soft: number; hard?: number }>;
    /** Linux capabilities, without `CAP_`. All others are dropped. */
    capabilities?: string[];
    readOnly?: boolean;
    /** Labels that the user sets, in addition to Drydock's. */
    labels?: Record<string, string>;
    logging?: { driver: string; options?: Record<string, string> };
    /** IPv4 addresses or `host-gateway`, by host name. */
    extraHosts?: Record<string, string>;
    hostname?: string;
    init?: boolean;
    tty?: boolean;
    stdinOpen?: boolean;
    /** Docker's restart policy. @default `unless-stopped` */
    restart?: string;
    /** Seconds between SIGTERM and SIGKILL, if the user has set it. */
    stopTimeout?: number;
}

/** A container, in the same terms for all engines. */
export interface ContainerSpec extends ContainerOptions {
    /** Name of the component, for labels. */
    component: string;
    /** Name in the engine, and host name on the networks. */
    name: string;
    /** Tag, digest or ID. With a digest or an ID, a new image replaces the container. */
    image: pulumi.Input<string>;
    /** Environment variables that `docker inspect` may show. */
    env?: Record<string, string>;
    /** Environment variables that may be secret. Engines hide them if they can. */
    secretEnv?: pulumi.Input<Record<string, string>>;
    mounts?: Mount[];
    networks?: pulumi.Input<pulumi.Input<string>[]>;
    /** The one of `networks` on which the container has `aliases`. */
    ownNetwork?: pulumi.Input<string>;
    /** Short host names on `ownNetwork`. */
    aliases?: string[];
    /** For a replica, the name of the first container of its process, whose host names it shares. */
    replicaOf?: string;
    /** Whether the user has set some of the aliases. New defaults do not replace a container with data. */
    aliasesSetByUser?: boolean;
    /** The published ports. */
    ports?: PublishedPort[];
    health?: HealthCheck;
    /** Whether to turn off the health check of the image. */
    healthDisabled?: boolean;
    /** Whether `healthDisabled` is a default, which waits until something else replaces an existing container. */
    healthDisabledByDefault?: boolean;
    /** Seconds between SIGTERM and SIGKILL, if `stopTimeout` is not set. */
    defaultStopTimeout: number;
    /** Whether `host.docker.internal` resolves to the machine that runs the container. */
    reachesHost?: pulumi.Input<boolean>;
    /** Whether the component has a default for `sharedMemory`. */
    hasDefaultSharedMemory?: boolean;
    /** Whether it has data that two containers must not use at the same time. */
    stateful?: boolean;
    /** Whether an update may run the old and the new container at the same time. Engines may never do so. @default true */
    overlap?: boolean;
    /** Whether a Docker Engine replaces the container without downtime: the new one has its own name and no aliases, and
     *  the old one is deleted last. */
    rollingUpdate?: boolean;
    /** Whether a Command connects the container to networks besides `networks`. */
    joinsNetworksLater?: boolean;
    swarm?: SwarmAppArgs;
    /** Whether a Swarm runs one container on each node. The provider does not wait for them. */
    onEachNode?: boolean;
}

export interface NetworkSpec {
    component: string;
    /** Name in the engine. */
    name: string;
    /** Whether to encrypt the traffic between nodes. */
    encrypted?: boolean;
}

/** A volume or a directory of the host. */
export interface VolumeSpec {
    component: string;
    /** Path in the container. */
    path: string;
    /** Name of the volume. Either this or `hostPath` is set. */
    volume?: string;
    /** Directory of the host. */
    hostPath?: string;
    /** Name that Drydock generates for the volume. */
    defaultName: string;
    /** Whether the volume has the generated name. A component that is renamed with an alias keeps it. */
    hasGeneratedName?: boolean;
    /** Whether several containers, even of other stacks, may use the volume at the same time. */
    shared?: boolean;
    /** Host name of the cluster node that should keep the data. */
    node?: string;
    /** Labels of the cluster nodes that have other data of the same containers. */
    near?: pulumi.Input<string | undefined>[];
}

/** The volumes of a component. */
export interface VolumeRemovalSpec {
    component: string;
    /** Names of the volumes that the container mounts. */
    volumes: string[];
    /** The volume that the user has named. */
    userVolume?: string;
    /** Whether the volumes belong to a `Volume`, which several components mount and which has no container of its own. */
    shared?: boolean;
    /** Names of the resources that deleted the volumes in version 0.1.0. */
    legacyRemovals?: string[];
}

export interface ContainerFile {
    path: string;
    /** Content. Exactly one of `content`, `contentBase64` and `source` is set. */
    content?: pulumi.Input<string>;
    /** Content in base64. */
    contentBase64?: pulumi.Input<string>;
    /** Path of a local file with the content. */
    source?: string;
    /** Whether the content is secret. */
    secret?: boolean;
    /** Whether it is a shell script that the container starts with. */
    executable?: boolean;
    /** Whether a change waits until something else replaces the container. Engines may ignore this. */
    deferred?: boolean;
    /** Permissions in octal, for example `0644`. @default the engine's */
    mode?: string;
    /** Numeric ID of the user that owns the file. */
    owner?: number;
    /** Numeric ID of the group of the file. */
    group?: number;
    /** Whether the user declared the file. Previews show its path when it changes. */
    userDefined?: boolean;
}

export interface Mount {
    /** Path in the container. */
    path: string;
    /** Name of the volume. Either this or `hostPath` is set. */
    volume?: pulumi.Input<string>;
    /** Directory of the host. */
    hostPath?: pulumi.Input<string>;
    readOnly?: boolean;
    /** Label of the cluster node that has the data. */
    nodeLabel?: pulumi.Input<string | undefined>;
    /** Host name of the cluster node that the user has chosen for the data. */
    node?: pulumi.Input<string | undefined>;
    /** Whether it is created on the cluster node that has other data of the same containers. */
    followsData?: boolean;
    /** Whether other containers may use the data at the same time. */
    shared?: boolean;
    /** Whether an update stops the containers that use the data before it starts new ones. */
    stopsFirst?: boolean;
}

export interface PublishedPort {
    containerPort: number;
    hostPort: pulumi.Input<number>;
    /** Address to listen on. @default the engine's */
    ip?: pulumi.Input<string>;
    /** @default `tcp` */
    protocol?: "tcp" | "udp";
}

/** All times in seconds. */
export interface HealthCheck {
    /** `["CMD", ...]` or `["CMD-SHELL", "..."]`, as in a Dockerfile. */
    test: string[];
    interval: number;
    timeout: number;
    /** Consecutive failures after which the container is unhealthy. */
    retries: number;
    /** Time after the start during which failures do not count. */
    startPeriod: number;
    /** How long an update waits until the container is healthy. */
    waitTimeout: number;
    /** What the user chose to check. A different choice replaces a container with data. */
    choice?: string;
    /** Names of the timings that the user has set. New defaults of the others do not replace a container with data. */
    setByUser?: string[];
}
