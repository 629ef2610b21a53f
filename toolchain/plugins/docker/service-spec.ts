import { containerSpec, time } from "./container-spec";
import { toRecord } from "./labels";
import { ServiceInputs, TaskInputs } from "./service-properties";
import { GenericResource, Platform, ServiceSpec, TaskSpec, UpdateConfig } from "./swarm-api";

type Resources = NonNullable<TaskInputs["resources"]>;

/** What a registry says of an image: its name with the digest, and what it runs on. */
export interface Resolved {
    image: string;
    platforms: Platform[];
}

/** What Swarm is asked for, from what the program declares. */
export function serviceSpec(inputs: ServiceInputs, { image, platforms }: Resolved): ServiceSpec {
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
                  // A policy that leaves one out means none, officially; no policy means Swarm's own.
                  Delay: time(restartPolicy.delay),
                  MaxAttempts: restartPolicy.maxAttempts ?? 0,
                  Window: time(restartPolicy.window),
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
            DriverOpts: Object.fromEntries((driverOpts ?? []).map((option) => pair(option))),
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
            const [Kind, Value] = pair(text);
            return { NamedResourceSpec: { Kind, Value } };
        }),
        ...discreteResourcesSpecs.map((text) => {
            const [Kind, value] = pair(text);
            return { DiscreteResourceSpec: { Kind, Value: Number(value) } };
        }),
    ];
}

function updateConfig(inputs: ServiceInputs["updateConfig"]): UpdateConfig | undefined {
    return (
        inputs && {
            Parallelism: inputs.parallelism,
            Delay: time(inputs.delay),
            FailureAction: inputs.failureAction,
            Monitor: time(inputs.monitor),
            MaxFailureRatio: Number(inputs.maxFailureRatio),
            Order: inputs.order,
        }
    );
}

/** `kind=value`. */
function pair(text: string): [string, string] {
    const [key = "", ...value] = text.split("=");
    return [key, value.join("=")];
}
