import { parseGoDuration } from "./go-duration.ts";
import { COMMAND, CONTAINER, ifKnown, objects, type Properties, VOLUME } from "./resource.ts";

const SERVICE = "docker:index/service:Service";
const MEBIBYTE = 1024 * 1024;

/** Type and properties of a resource. */
export interface TypedProperties {
    type: string;
    properties: Properties;
}

/**
 * Translates resources of a Swarm into those of a Docker Engine, so that each rule is written once: a service into a
 * container, and the Command that labels the node of a volume into a volume.
 */
export function translateSwarmResource({ type, properties }: TypedProperties): TypedProperties {
    if (type === SERVICE)
        return { type: CONTAINER, properties: containerProperties(record(withoutUnknownValues(properties))) };
    if (type === COMMAND && isSwarmVolume(properties)) {
        const { PLACE: name, STACK_VOLUMES: prefix, FORMER_VOLUME: formerVolume } = variables(properties);
        // A volume that the user has named stays when its component is removed, but one that had the generated name before
        // does not (components/engines/swarm/volumes.sh).
        const isNamedByUser = !String(name).startsWith(String(prefix));
        return {
            type: VOLUME,
            properties: { name, ...(isNamedByUser && { keptOnDelete: true, formerVolume }) },
        };
    }
    // In states of older versions, a Command has no STACK_VOLUMES, and only its script, in `delete` or in `stdin`, shows what
    // it does.
    if (type === COMMAND && variables(properties).STACK_VOLUMES === undefined) {
        const script = [ifKnown(() => properties.delete), ifKnown(() => properties.stdin)].join("\n");
        if (removesVolume(script)) return { type: VOLUME, properties: volumeProperties(properties, script) };
    }
    return { type, properties };
}

/**
 * For a Command that keeps a volume on a node of a Swarm: the container that removes the volume, with properties of a
 * docker.Container. Undefined for all other resources.
 */
export function volumeRemovalJob({ type, properties }: TypedProperties): Properties | undefined {
    if (type !== COMMAND || !isSwarmVolume(properties)) return undefined;
    const { IMAGE: image, SOCKET: hostPath } = variables(properties);
    return { image, volumes: [{ hostPath }] };
}

/** Whether the Command keeps a volume on a node of a Swarm (components/engines/swarm/volumes.ts). */
function isSwarmVolume(properties: Properties): boolean {
    const { PLACE, STACK_VOLUMES } = variables(properties);
    // It is empty if the data is a directory, which is never removed.
    return PLACE !== undefined && typeof STACK_VOLUMES === "string" && STACK_VOLUMES !== "";
}

/** The known environment variables of a Command. */
function variables(properties: Properties): Properties {
    return record(withoutUnknownValues(ifKnown(() => properties.environment)));
}

function volumeProperties(properties: Properties, script: string): Properties {
    // The script of version 0.1.0 deletes the volume even if only an argument changes. Later scripts keep the volume
    // while the service exists, and print that it "is there still".
    const deletedAtOnce = !script.includes("is there still");
    // In the oldest states, only the trigger, which keeps its first value, has the name.
    const currentName = ifKnown(() => (properties.environment as Properties | undefined)?.PLACE);
    const name = currentName ?? first(ifKnown(() => properties.triggers));
    return { name, ...(deletedAtOnce && { deletedAtOnce }) };
}

/**
 * Whether the script of a Command removes a volume with a job on its node. For a directory, it only removes the label of
 * the node. Only for Commands without STACK_VOLUMES: the script of later ones is the same for both.
 */
function removesVolume(script: string): boolean {
    return script.includes("drydock.data.") && /drydock\.removes|docker service create/.test(script);
}

function containerProperties({
    name,
    labels,
    taskSpec,
    mode,
    endpointSpec,
    ...service
}: Properties): Properties {
    const { containerSpec, networksAdvanceds, placement, resources, restartPolicy } = record(taskSpec);
    const container = record(containerSpec);
    const { memoryBytes, nanoCpus } = record(record(resources).limits);
    const files = [...objects(container.secrets), ...objects(container.configs)];
    const condition = record(restartPolicy).condition;
    return {
        name,
        labels,
        image: container.image,
        user: container.user,
        readOnly: container.readOnly,
        capabilities: container.capAdds && { adds: container.capAdds },
        entrypoints: container.commands,
        command: container.args,
        healthcheck: container.healthcheck,
        hosts: container.hosts,
        networksAdvanced: objects(networksAdvanceds).map(({ id, name: network, aliases }) => ({
            name: id ?? network,
            ...(aliases !== undefined && { aliases }),
        })),
        envs: Object.entries(record(container.env)).map(([key, value]) => `${key}=${String(value)}`),
        uploads: files.map((file) => ({
            file: file.fileName,
            content: file.secretId ?? file.configId,
        })),
        volumes: objects(container.mounts).flatMap(({ type, source, target, readOnly }) => {
            const from = { volume: { volumeName: source }, bind: { hostPath: source } }[String(type)];
            return from === undefined ? [] : [{ containerPath: target, readOnly, ...from }];
        }),
        ports: objects(record(endpointSpec).ports).map(({ targetPort, publishedPort, protocol }) => ({
            internal: targetPort,
            external: publishedPort,
            ip: "0.0.0.0",
            protocol,
        })),
        // 0 means no limit.
        ...(Number(memoryBytes ?? 0) > 0 && { memory: Number(memoryBytes) / MEBIBYTE }),
        ...(Number(nanoCpus ?? 0) > 0 && { cpus: Number(nanoCpus) / 1e9 }),
        restart: condition === "any" ? "always" : condition === "none" ? "no" : condition,
        destroyGraceSeconds: parseGoDuration(String(container.stopGracePeriod)),
        replicas: record(record(mode).replicated).replicas,
        constraints: record(placement).constraints,
        updateOrder: record(service.updateConfig).order,
        // A Swarm replaces the containers of a service if anything in these changes (IsTaskDirty in moby/swarmkit).
        taskSpec,
        endpointSpec,
    };
}

/** A copy without unknown values. */
function withoutUnknownValues(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.keys(value)
        .map((key) => [key, withoutUnknownValues(ifKnown(() => (value as Properties)[key]))] as const)
        .filter(([, item]) => item !== undefined);
    return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

function record(value: unknown): Properties {
    return typeof value === "object" && value !== null ? (value as Properties) : {};
}

function first(value: unknown): unknown {
    return Array.isArray(value) ? (value as unknown[])[0] : undefined;
}
