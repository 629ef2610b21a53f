import * as pulumi from "@pulumi/pulumi";

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
    env?: pulumi.Input<Record<string, string>>;
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
    /** Seconds between the request to stop and the end by force. */
    stopTimeout: number;
    /** Adds the name `host.docker.internal` for the machine that the container runs on. */
    reachesHost?: pulumi.Input<boolean>;
}

export interface ContainerFile {
    path: string;
    /** What is in it; or */
    content?: pulumi.Input<string>;
    /** the file of this machine that it is a copy of. */
    source?: string;
    /** Such as `0755`; 0644 without it. */
    mode?: string;
}

export interface Mount {
    /** Path in the container. */
    path: string;
    /** Name of a volume; or */
    volume?: pulumi.Input<string>;
    /** a directory of the host. */
    hostPath?: string;
    readOnly?: boolean;
}

export interface PublishedPort {
    containerPort: number;
    hostPort: pulumi.Input<number>;
    ip: pulumi.Input<string>;
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
}

/** A container that an engine runs. */
export interface Running {
    /**
     * Resolves when the container is healthy, and in a preview at once. A promise and not an output: what is
     * made of an output depends on the container, and would be replaced whenever the container is.
     */
    ready: Promise<void>;
    /** To come after it where no value says so. */
    resource: pulumi.Resource;
}
