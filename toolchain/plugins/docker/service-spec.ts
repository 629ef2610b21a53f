import { nanosecondsOrZero } from "./duration.ts";
import { toRecord } from "./labels.ts";
import type { ServiceInputs, TaskInputs } from "./service-properties.ts";
import type {
    ContainerSpec,
    FileReference,
    GenericResource,
    Mount,
    Platform,
    Privileges,
    ServiceSpec,
    TaskSpec,
    UpdateConfig,
} from "./swarm-api.ts";

type Resources = NonNullable<TaskInputs["resources"]>;

/** An image name with its digest, and the platforms that it supports. */
export interface ResolvedImage {
    image: string;
    platforms: Platform[];
}

/** Converts inputs to Swarm's specification of a service. */
export function serviceSpec(inputs: ServiceInputs, { image, platforms }: ResolvedImage): ServiceSpec {
    const { taskSpec, mode, endpointSpec } = inputs;
    const task = taskTemplate(taskSpec, image);
    return {
        Name: inputs.name,
        Labels: toRecord(inputs.labels),
        TaskTemplate:
            platforms.length > 0 ? { ...task, Placement: { ...task.Placement, Platforms: platforms } } : task,
        Mode: {
            ...(mode?.replicated && { Replicated: { Replicas: mode.replicated.replicas } }),
            ...(mode?.global && { Global: {} }),
        },
        UpdateConfig: updateConfig(inputs.updateConfig),
        RollbackConfig: updateConfig(inputs.rollbackConfig),
        EndpointSpec: {
            Mode: endpointSpec?.mode,
            Ports: endpointSpec?.ports?.map((port) => ({
                Name: port.name,
                Protocol: port.protocol,
                TargetPort: port.targetPort,
                PublishedPort: port.publishedPort,
                PublishMode: port.publishMode,
            })),
        },
    };
}

function taskTemplate(inputs: TaskInputs, image: string): TaskSpec {
    const { restartPolicy, placement, logDriver } = inputs;
    return {
        ContainerSpec: containerSpec(inputs.containerSpec, image),
        Resources: resources(inputs.resources),
        RestartPolicy: restartPolicy
            ? {
                  Condition: restartPolicy.condition,
                  // As in the official provider, a missing value of a policy means 0. Without a policy, Swarm's defaults apply.
                  Delay: nanosecondsOrZero(restartPolicy.delay),
                  MaxAttempts: restartPolicy.maxAttempts ?? 0,
                  Window: nanosecondsOrZero(restartPolicy.window),
              }
            : {},
        Placement: {
            Constraints: placement?.constraints,
            Preferences: placement?.prefs?.map((pref) => ({ Spread: { SpreadDescriptor: pref } })),
            MaxReplicas: placement?.maxReplicas,
            Platforms: placement?.platforms?.map(({ architecture, os }) => ({
                Architecture: architecture,
                OS: os,
            })),
        },
        Networks: inputs.networksAdvanceds?.map(({ id, name, aliases, driverOpts }) => ({
            Target: id !== undefined && id !== "" ? id : (name ?? ""),
            Aliases: aliases,
            DriverOpts: Object.fromEntries((driverOpts ?? []).map((option) => splitAssignment(option))),
        })),
        LogDriver: logDriver && { Name: logDriver.name, Options: logDriver.options },
        ForceUpdate: inputs.forceUpdate,
        Runtime: inputs.runtime,
    };
}

function resources(inputs: TaskInputs["resources"]): TaskSpec["Resources"] {
    const { limits, reservation }: Resources = inputs ?? {};
    return {
        ...(limits && { Limits: { NanoCPUs: limits.nanoCpus, MemoryBytes: limits.memoryBytes } }),
        ...(reservation && {
            Reservations: {
                NanoCPUs: reservation.nanoCpus,
                MemoryBytes: reservation.memoryBytes,
                GenericResources: genericResources(reservation.genericResources),
            },
        }),
    };
}

function genericResources(
    inputs: NonNullable<Resources["reservation"]>["genericResources"],
): GenericResource[] {
    const { namedResourcesSpecs = [], discreteResourcesSpecs = [] } = inputs ?? {};
    return [
        ...namedResourcesSpecs.map((text) => {
            const [Kind, Value] = splitAssignment(text);
            return { NamedResourceSpec: { Kind, Value } };
        }),
        ...discreteResourcesSpecs.map((text) => {
            const [Kind, value] = splitAssignment(text);
            return { DiscreteResourceSpec: { Kind, Value: Number(value) } };
        }),
    ];
}

function updateConfig(inputs: ServiceInputs["updateConfig"]): UpdateConfig | undefined {
    return (
        inputs && {
            Parallelism: inputs.parallelism,
            Delay: nanosecondsOrZero(inputs.delay),
            FailureAction: inputs.failureAction,
            Monitor: nanosecondsOrZero(inputs.monitor),
            MaxFailureRatio: Number(inputs.maxFailureRatio),
            Order: inputs.order,
        }
    );
}

type ContainerSpecInputs = TaskInputs["containerSpec"];
type MountInputs = NonNullable<ContainerSpecInputs["mounts"]>[number];

/** Converts inputs to Swarm's specification of a container. */
export function containerSpec(inputs: ContainerSpecInputs, image: string): ContainerSpec {
    return {
        Image: image,
        Labels: toRecord(inputs.labels),
        Command: inputs.commands,
        Args: inputs.args,
        Hostname: inputs.hostname,
        Env: assignments(inputs.env),
        Dir: inputs.dir,
        User: inputs.user,
        Groups: inputs.groups,
        Privileges: privileges(inputs.privileges),
        ReadOnly: inputs.readOnly,
        Mounts: inputs.mounts?.map(mount),
        StopSignal: inputs.stopSignal,
        // As in the official provider, the default is 0.
        StopGracePeriod: nanosecondsOrZero(inputs.stopGracePeriod),
        Healthcheck: {
            Test: inputs.healthcheck?.tests,
            Interval: nanosecondsOrZero(inputs.healthcheck?.interval),
            Timeout: nanosecondsOrZero(inputs.healthcheck?.timeout),
            StartPeriod: nanosecondsOrZero(inputs.healthcheck?.startPeriod),
            Retries: inputs.healthcheck?.retries ?? 0,
        },
        Hosts: inputs.hosts?.map(({ ip, host }) => `${ip} ${host}`),
        DNSConfig: {
            Nameservers: inputs.dnsConfig?.nameservers,
            Search: inputs.dnsConfig?.searches,
            Options: inputs.dnsConfig?.options,
        },
        Secrets: inputs.secrets?.map(({ secretId, secretName, ...at }) => ({
            SecretID: secretId,
            SecretName: secretName,
            ...file(at),
        })),
        Configs: inputs.configs?.map(({ configId, configName, ...at }) => ({
            ConfigID: configId,
            ConfigName: configName,
            ...file(at),
        })),
        Isolation: inputs.isolation,
        Sysctls: inputs.sysctl,
        CapabilityAdd: inputs.capAdds,
        CapabilityDrop: inputs.capDrops,
        Init: inputs.init ?? false,
    };
}

/** Sorted, because another order would be a different specification and replace every container. */
export function assignments(values: Record<string, string> = {}): string[] {
    return Object.entries(values)
        .map(([key, value]) => `${key}=${value}`)
        .sort();
}

/** Splits `key=value`. */
export function splitAssignment(text: string): [string, string] {
    const [key = "", ...value] = text.split("=");
    return [key, value.join("=")];
}

function mount({ type, target, source, readOnly, ...options }: MountInputs): Mount {
    const { bindOptions, volumeOptions, tmpfsOptions } = options;
    return {
        Type: type,
        Target: target,
        Source: source,
        ReadOnly: readOnly,
        ...(bindOptions && { BindOptions: { Propagation: bindOptions.propagation } }),
        ...(volumeOptions && {
            VolumeOptions: {
                NoCopy: volumeOptions.noCopy,
                Labels: toRecord(volumeOptions.labels),
                DriverConfig: { Name: volumeOptions.driverName, Options: volumeOptions.driverOptions },
            },
        }),
        ...(tmpfsOptions && {
            TmpfsOptions: { SizeBytes: tmpfsOptions.sizeBytes, Mode: tmpfsOptions.mode },
        }),
    };
}

function file(at: { fileName: string; fileUid: string; fileGid: string; fileMode: number }): FileReference {
    return { File: { Name: at.fileName, UID: at.fileUid, GID: at.fileGid, Mode: at.fileMode } };
}

function privileges(inputs: ContainerSpecInputs["privileges"]): Privileges | undefined {
    if (!inputs) return undefined;
    const { credentialSpec, seLinuxContext } = inputs;
    return {
        ...(credentialSpec && {
            CredentialSpec: { File: credentialSpec.file, Registry: credentialSpec.registry },
        }),
        ...(seLinuxContext && {
            SELinuxContext: {
                Disable: seLinuxContext.disable,
                User: seLinuxContext.user,
                Role: seLinuxContext.role,
                Type: seLinuxContext.type,
                Level: seLinuxContext.level,
            },
        }),
    };
}
