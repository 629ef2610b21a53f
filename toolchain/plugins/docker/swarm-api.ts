/** The parts of Docker's API for Swarm that this plugin uses. Durations are in nanoseconds. */
export interface Inspected<S> {
    ID: string;
    Version: { Index: number };
    Spec: S;
}

export interface Service extends Inspected<ServiceSpec> {
    /** The actual endpoint, including the ports that Swarm chose. */
    Endpoint?: { Spec?: EndpointSpec; Ports?: Port[] };
    UpdateStatus?: { State?: string; Message?: string };
}

/** A secret or config. Docker never returns the data of a secret. */
export interface FileSpec {
    Name: string;
    Labels?: Record<string, string>;
    Data?: string;
}

export interface ServiceSpec {
    Name: string;
    Labels?: Record<string, string>;
    TaskTemplate: TaskSpec;
    Mode: { Replicated?: { Replicas?: number }; Global?: object };
    UpdateConfig?: UpdateConfig;
    RollbackConfig?: UpdateConfig;
    EndpointSpec?: EndpointSpec;
}

export interface UpdateConfig {
    Parallelism: number;
    Delay?: number;
    FailureAction?: string;
    Monitor?: number;
    MaxFailureRatio: number;
    Order?: string;
}

export interface EndpointSpec {
    Mode?: string;
    Ports?: Port[];
}

export interface Port {
    Name?: string;
    Protocol?: string;
    TargetPort: number;
    PublishedPort?: number;
    PublishMode?: string;
}

export interface TaskSpec {
    ContainerSpec?: ContainerSpec;
    Resources?: { Limits?: Amounts; Reservations?: Amounts & { GenericResources?: GenericResource[] } };
    RestartPolicy?: { Condition?: string; Delay?: number; MaxAttempts?: number; Window?: number };
    Placement?: Placement;
    Networks?: { Target: string; Aliases?: string[]; DriverOpts?: Record<string, string> }[];
    LogDriver?: { Name: string; Options?: Record<string, string> };
    ForceUpdate?: number;
    Runtime?: string;
}

interface Amounts {
    NanoCPUs?: number;
    MemoryBytes?: number;
}

export interface GenericResource {
    NamedResourceSpec?: { Kind: string; Value: string };
    DiscreteResourceSpec?: { Kind: string; Value: number };
}

export interface Placement {
    Constraints?: string[];
    Preferences?: { Spread: { SpreadDescriptor: string } }[];
    Platforms?: Platform[];
    MaxReplicas?: number;
}

export interface Platform {
    Architecture?: string;
    OS?: string;
}

export interface ContainerSpec {
    Image: string;
    Labels?: Record<string, string>;
    Command?: string[];
    Args?: string[];
    Hostname?: string;
    Env?: string[];
    Dir?: string;
    User?: string;
    Groups?: string[];
    Privileges?: Privileges;
    ReadOnly?: boolean;
    Mounts?: Mount[];
    StopSignal?: string;
    StopGracePeriod?: number;
    Healthcheck?: Healthcheck;
    Hosts?: string[];
    DNSConfig?: { Nameservers?: string[]; Search?: string[]; Options?: string[] };
    Secrets?: ({ SecretID: string; SecretName?: string } & FileReference)[];
    Configs?: ({ ConfigID: string; ConfigName?: string } & FileReference)[];
    Isolation?: string;
    Sysctls?: Record<string, string>;
    CapabilityAdd?: string[];
    CapabilityDrop?: string[];
    Init?: boolean;
}

export interface Privileges {
    CredentialSpec?: { File?: string; Registry?: string };
    SELinuxContext?: { Disable?: boolean; User?: string; Role?: string; Type?: string; Level?: string };
}

export interface Mount {
    Type: string;
    Target: string;
    Source?: string;
    ReadOnly?: boolean;
    BindOptions?: { Propagation?: string };
    VolumeOptions?: {
        NoCopy?: boolean;
        Labels?: Record<string, string>;
        DriverConfig?: { Name?: string; Options?: Record<string, string> };
    };
    TmpfsOptions?: { SizeBytes?: number; Mode?: number };
}

export interface Healthcheck {
    Test?: string[];
    Interval?: number;
    Timeout?: number;
    StartPeriod?: number;
    Retries?: number;
}

export interface FileReference {
    File?: { Name: string; UID: string; GID: string; Mode: number };
}

/** A task runs one replica of a service. */
export interface Task {
    ID: string;
    Slot?: number;
    NodeID?: string;
    CreatedAt?: string;
    DesiredState: string;
    Status: { State: string; Err?: string; ContainerStatus?: { ContainerID?: string } };
}

export interface Node {
    ID: string;
    Status: { State: string };
}
