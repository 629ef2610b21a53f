import { Values } from "../../plugin/values";
import { containerSpecState, some } from "./container-spec-state";
import { shortDuration } from "./duration";
import { fromRecord } from "./labels";
import { GenericResource, Service, TaskSpec, UpdateConfig } from "./swarm-api";

/** What a program would declare to get the service as it is, `auth` and `convergeConfig` apart. */
export function serviceState({ Spec: spec, Endpoint: endpoint }: Service): Values {
    const mode = endpoint?.Spec?.Mode ?? spec.EndpointSpec?.Mode;
    const ports = endpoint?.Spec?.Mode ? endpoint.Ports : spec.EndpointSpec?.Ports;
    return compact({
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
            constraints: some(placement.Constraints),
            prefs: some(placement.Preferences?.map(({ Spread }) => Spread.SpreadDescriptor)),
            maxReplicas: placement.MaxReplicas ?? 0,
            platforms: some(
                placement.Platforms?.map(({ Architecture, OS }) => ({
                    architecture: Architecture ?? "",
                    os: OS ?? "",
                })),
            ),
        },
        forceUpdate: task.ForceUpdate ?? 0,
        runtime: task.Runtime,
        networksAdvanceds: some(
            task.Networks?.map(({ Target, Aliases, DriverOpts }) => ({
                id: Target,
                aliases: some(Aliases),
                driverOpts: some(Object.entries(DriverOpts ?? {}).map(([key, value]) => `${key}=${value}`)),
            })),
        ),
        logDriver: logDriver && { name: logDriver.Name, options: logDriver.Options },
    };
}

function resources(found: TaskSpec["Resources"]) {
    const { Limits: limits, Reservations: reserved } = found ?? {};
    return (
        found && {
            limits: limits && { nanoCpus: limits.NanoCPUs ?? 0, memoryBytes: limits.MemoryBytes ?? 0 },
            reservation: reserved && {
                nanoCpus: reserved.NanoCPUs ?? 0,
                memoryBytes: reserved.MemoryBytes ?? 0,
                genericResources: genericResources(reserved.GenericResources),
            },
        }
    );
}

function genericResources(found: GenericResource[] | undefined) {
    return (
        some(found) && {
            namedResourcesSpecs: found?.flatMap(({ NamedResourceSpec: named }) =>
                named ? [`${named.Kind}=${named.Value}`] : [],
            ),
            discreteResourcesSpecs: found?.flatMap(({ DiscreteResourceSpec: discrete }) =>
                discrete ? [`${discrete.Kind}=${discrete.Value}`] : [],
            ),
        }
    );
}

function updateConfig(found: UpdateConfig | undefined) {
    return (
        found && {
            parallelism: found.Parallelism,
            delay: shortDuration(found.Delay ?? 0),
            failureAction: found.FailureAction,
            monitor: shortDuration(found.Monitor ?? 0),
            // Docker keeps it as a float of 32 bits; officially it is read back with one decimal.
            maxFailureRatio: Math.fround(found.MaxFailureRatio).toFixed(1),
            order: found.Order,
        }
    );
}

/** Without what is undefined or null, at any depth. */
function compact(value: object): Values {
    return JSON.parse(JSON.stringify(value, (_, item: unknown) => item ?? undefined)) as Values;
}
