import type { Values } from "../../plugin/values.ts";
import { shortDuration } from "./duration.ts";
import { fromRecord } from "./labels.ts";
import { splitAssignment } from "./service-spec.ts";
import type {
    ContainerSpec,
    FileReference,
    GenericResource,
    Mount,
    Service,
    TaskSpec,
    UpdateConfig,
} from "./swarm-api.ts";

/** Converts a service to the inputs that describe it, except `auth` and `convergeConfig`. */
export function serviceState({ Spec: spec, Endpoint: endpoint }: Service): Values {
    const mode = endpoint?.Spec?.Mode ?? spec.EndpointSpec?.Mode;
    const ports = endpoint?.Spec?.Mode ? endpoint.Ports : spec.EndpointSpec?.Ports;
    return withoutNullish({
        name: spec.Name,
        labels: fromRecord(spec.Labels),
        taskSpec: taskState(spec.TaskTemplate),
        mode: {
            replicated: spec.Mode.Replicated && { replicas: spec.Mode.Replicated.Replicas },
            global: spec.Mode.Global !== undefined,
        },
        updateConfig: updateConfig(spec.UpdateConfig),
        rollbackConfig: updateConfig(spec.RollbackConfig),
        endpointSpec: {
            mode,
            ports: ports?.map((port) => ({
                name: port.Name,
                protocol: port.Protocol,
                targetPort: port.TargetPort,
                publishedPort: port.PublishedPort ?? 0,
                publishMode: port.PublishMode,
            })),
        },
    });
}

function taskState(task: TaskSpec) {
    const { RestartPolicy: restart, Placement: placement, LogDriver: logDriver } = task;
    return {
        containerSpec: task.ContainerSpec && containerSpecState(task.ContainerSpec),
        resources: resources(task.Resources),
        restartPolicy: restart && {
            condition: restart.Condition,
            delay: restart.Delay === undefined ? undefined : shortDuration(restart.Delay),
            maxAttempts: restart.MaxAttempts,
            window: restart.Window === undefined ? undefined : shortDuration(restart.Window),
        },
        placement: placement && {
            constraints: undefinedIfEmpty(placement.Constraints),
            prefs: undefinedIfEmpty(placement.Preferences?.map(({ Spread }) => Spread.SpreadDescriptor)),
            maxReplicas: placement.MaxReplicas ?? 0,
            platforms: undefinedIfEmpty(
                placement.Platforms?.map(({ Architecture, OS }) => ({
                    architecture: Architecture ?? "",
                    os: OS ?? "",
                })),
            ),
        },
        forceUpdate: task.ForceUpdate ?? 0,
        runtime: task.Runtime,
        networksAdvanceds: undefinedIfEmpty(
            task.Networks?.map(({ Target, Aliases, DriverOpts }) => ({
                id: Target,
                aliases: undefinedIfEmpty(Aliases),
                driverOpts: undefinedIfEmpty(
                    Object.entries(DriverOpts ?? {}).map(([key, value]) => `${key}=${value}`),
                ),
            })),
        ),
        logDriver: logDriver && { name: logDriver.Name, options: logDriver.Options },
    };
}

function resources(inspected: TaskSpec["Resources"]) {
    const { Limits: limits, Reservations: reserved } = inspected ?? {};
    return (
        inspected && {
            limits: limits && { nanoCpus: limits.NanoCPUs ?? 0, memoryBytes: limits.MemoryBytes ?? 0 },
            reservation: reserved && {
                nanoCpus: reserved.NanoCPUs ?? 0,
                memoryBytes: reserved.MemoryBytes ?? 0,
                genericResources: genericResources(reserved.GenericResources),
            },
        }
    );
}

function genericResources(inspected: GenericResource[] | undefined) {
    return (
        undefinedIfEmpty(inspected) && {
            namedResourcesSpecs: inspected?.flatMap(({ NamedResourceSpec: named }) =>
                named ? [`${named.Kind}=${named.Value}`] : [],
            ),
            discreteResourcesSpecs: inspected?.flatMap(({ DiscreteResourceSpec: discrete }) =>
                discrete ? [`${discrete.Kind}=${discrete.Value}`] : [],
            ),
        }
    );
}

function updateConfig(inspected: UpdateConfig | undefined) {
    return (
        inspected && {
            parallelism: inspected.Parallelism,
            delay: shortDuration(inspected.Delay ?? 0),
            failureAction: inspected.FailureAction,
            monitor: shortDuration(inspected.Monitor ?? 0),
            // Docker stores a 32-bit float. The official provider reads it back with one decimal.
            maxFailureRatio: Math.fround(inspected.MaxFailureRatio).toFixed(1),
            order: inspected.Order,
        }
    );
}

/** Removes undefined and null at any depth. */
function withoutNullish(value: object): Values {
    return JSON.parse(JSON.stringify(value, (_, item: unknown) => item ?? undefined)) as Values;
}

/** Converts a container specification to the inputs that describe it. */
export function containerSpecState(spec: ContainerSpec) {
    const { Privileges: privileges, Healthcheck: check, DNSConfig: dns } = spec;
    return {
        image: spec.Image,
        labels: undefinedIfEmpty(fromRecord(spec.Labels)),
        commands: undefinedIfEmpty(spec.Command),
        args: undefinedIfEmpty(spec.Args),
        hostname: spec.Hostname,
        env: spec.Env && Object.fromEntries(spec.Env.map(splitAssignment)),
        dir: spec.Dir,
        user: spec.User,
        groups: undefinedIfEmpty(spec.Groups),
        privileges: privileges && {
            credentialSpec: privileges.CredentialSpec && {
                file: privileges.CredentialSpec.File,
                registry: privileges.CredentialSpec.Registry,
            },
            seLinuxContext: privileges.SELinuxContext && {
                disable: privileges.SELinuxContext.Disable,
                user: privileges.SELinuxContext.User,
                role: privileges.SELinuxContext.Role,
                type: privileges.SELinuxContext.Type,
                level: privileges.SELinuxContext.Level,
            },
        },
        readOnly: spec.ReadOnly,
        mounts: undefinedIfEmpty(spec.Mounts?.map(mount)),
        stopSignal: spec.StopSignal,
        stopGracePeriod: spec.StopGracePeriod === undefined ? undefined : shortDuration(spec.StopGracePeriod),
        healthcheck: check && {
            tests: undefinedIfEmpty(check.Test),
            interval: shortDuration(check.Interval ?? 0),
            timeout: shortDuration(check.Timeout ?? 0),
            startPeriod: shortDuration(check.StartPeriod ?? 0),
            retries: check.Retries ?? 0,
        },
        hosts: undefinedIfEmpty(
            spec.Hosts?.map((entry) => {
                const [ip = "", host = ""] = entry.split(" ");
                return { ip, host };
            }),
        ),
        dnsConfig: dns && {
            nameservers: undefinedIfEmpty(dns.Nameservers),
            searches: undefinedIfEmpty(dns.Search),
            options: undefinedIfEmpty(dns.Options),
        },
        secrets: undefinedIfEmpty(
            spec.Secrets?.map((secret) => ({
                secretId: secret.SecretID,
                secretName: secret.SecretName,
                ...file(secret),
            })),
        ),
        configs: undefinedIfEmpty(
            spec.Configs?.map((config) => ({
                configId: config.ConfigID,
                configName: config.ConfigName,
                ...file(config),
            })),
        ),
        isolation: spec.Isolation,
        sysctl: spec.Sysctls,
        capAdds: undefinedIfEmpty(spec.CapabilityAdd),
        capDrops: undefinedIfEmpty(spec.CapabilityDrop),
        init: spec.Init,
    };
}

/** Docker omits empty lists. */
export function undefinedIfEmpty<T>(items: T[] | null | undefined): T[] | undefined {
    return items?.length ? items : undefined;
}

function mount({ BindOptions: bind, VolumeOptions: volume, TmpfsOptions: tmpfs, ...at }: Mount) {
    return {
        type: at.Type,
        target: at.Target,
        source: at.Source,
        readOnly: at.ReadOnly ?? false,
        bindOptions: bind && { propagation: bind.Propagation },
        volumeOptions: volume && {
            noCopy: volume.NoCopy ?? false,
            labels: fromRecord(volume.Labels),
            driverName: volume.DriverConfig?.Name,
            driverOptions: volume.DriverConfig?.Options,
        },
        tmpfsOptions: tmpfs && { sizeBytes: tmpfs.SizeBytes ?? 0, mode: (tmpfs.Mode ?? 0) & 0o777 },
    };
}

function file({ File }: FileReference) {
    return File && { fileName: File.Name, fileUid: File.UID, fileGid: File.GID, fileMode: File.Mode };
}
