import { type Declared, GENERATED, NETWORK, UNKNOWN } from "../../../testing/index.ts";
import { ENVIRONMENT, environmentOf, filesOf, type ServiceFiles } from "./swarm-files.ts";
import {
    capabilities,
    type Check,
    common,
    type ContainerView,
    health,
    type Label,
    labelled,
    reachesHost,
    seconds,
    USUAL_MODE,
} from "./view.ts";

export const WITH_ENVIRONMENT = "/run/drydock/with-environment";

const MEBIBYTE = 1024 * 1024;
const SHARED_MEMORY = "/dev/shm";

interface Service {
    name: string;
    labels: Label[];
    taskSpec: {
        containerSpec: ContainerSpec;
        networksAdvanceds?: { id: string }[] | typeof UNKNOWN;
        resources: { limits: { memoryBytes?: number; nanoCpus?: number } };
        restartPolicy: { condition: string };
    };
    mode: { replicated: { replicas: number } };
    endpointSpec: { ports?: { targetPort: number; publishedPort: number }[] };
    convergeConfig: { timeout: string };
}

interface ContainerSpec extends ServiceFiles {
    image: string;
    commands?: string[];
    args?: string[] | typeof UNKNOWN;
    env?: Record<string, string>;
    mounts: Mount[];
    hosts?: unknown;
    healthcheck?: Check;
    user?: string;
    readOnly?: boolean;
    capDrops?: string[];
    capAdds?: string[];
    stopGracePeriod: string;
}

interface Mount {
    type: "volume" | "bind" | "tmpfs";
    source: string;
    target: string;
    readOnly?: boolean;
    tmpfsOptions?: { sizeBytes?: number; mode?: number };
}

/** What a docker.Service says of its containers, with the files that it is given. */
export function fromService(resource: Declared, declared: Declared[]): ContainerView {
    const inputs = resource.inputs as unknown as Service;
    const { containerSpec: spec, resources, restartPolicy } = inputs.taskSpec;
    const { [ENVIRONMENT]: environment, [WITH_ENVIRONMENT]: script, ...files } = filesOf(spec, declared);
    const memory = spec.mounts.filter(({ type }) => type === "tmpfs");
    const [port] = inputs.endpointSpec.ports ?? [];
    const { memoryBytes, nanoCpus } = resources.limits;
    return {
        ...common(resource),
        host: inputs.name,
        labels: labelled(inputs.labels),
        image: spec.image,
        ...startOf(spec),
        env:
            environment?.content === UNKNOWN
                ? UNKNOWN
                : { ...spec.env, ...environmentOf(environment, script) },
        files,
        mounts: spec.mounts
            .filter(({ type }) => type !== "tmpfs")
            .map(({ type, source, target, readOnly = false }) => ({
                path: target,
                readOnly,
                [type === "bind" ? "hostPath" : "volume"]: source,
            })),
        tmpfs: Object.fromEntries(
            memory
                .filter(({ target }) => target !== SHARED_MEMORY)
                .map(({ target, tmpfsOptions: { sizeBytes: size, mode = USUAL_MODE } = {} }) => [
                    target,
                    { size: size === 0 ? undefined : size, mode },
                ]),
        ),
        networks: joined(inputs.taskSpec.networksAdvanceds, declared),
        publish: port && { containerPort: port.targetPort, hostPort: port.publishedPort },
        health: spec.healthcheck && health(spec.healthcheck, waitTimeout(inputs)),
        memory: memoryBytes ? memoryBytes / MEBIBYTE : undefined,
        sharedMemory: sharedMemory(memory),
        cpus: nanoCpus ? nanoCpus / 1e9 : undefined,
        user: spec.user,
        readOnly: spec.readOnly,
        capabilities: capabilities({ drops: spec.capDrops, adds: spec.capAdds }),
        restart: restart(restartPolicy.condition),
        stopTimeout: seconds(spec.stopGracePeriod),
        reachesHost: reachesHost(spec.hosts),
        secrets: [
            ...(environment?.secret ? ["env" as const] : []),
            ...(Object.values(files).some(({ secret }) => secret) ? ["files" as const] : []),
        ],
    };
}

/** What is run but for what sets the environment, and with the image's own start left out. */
function startOf({ commands, args }: ContainerSpec): Pick<ContainerView, "entrypoint" | "command"> {
    if (commands?.join(" ") !== `sh ${WITH_ENVIRONMENT}`)
        return { entrypoint: commands, command: args as string[] | undefined };
    if (typeof args === "string") return {};
    const [[entrypoint], own] = GENERATED.start as [string[], string[]];
    const [first, ...command] = args ?? [];
    // A script of ours stands before the image's entrypoint.
    if (first === "sh") return { entrypoint: [first, ...command.slice(0, 1)], command: command.slice(1) };
    if (first !== entrypoint) throw new Error(`the image's entrypoint is left out: ${String(args)}`);
    return { command: command.join() === own.join() ? undefined : command };
}

/** Names of networks, which services join by their IDs. */
function joined(networks: Service["taskSpec"]["networksAdvanceds"] = [], declared: Declared[]): unknown {
    if (typeof networks === "string") return networks;
    return networks.map(({ id }) => {
        const made = declared.find(({ type, name }) => type === NETWORK && `${name}-id` === id);
        return made ? made.inputs.name : id;
    });
}

/** Each replica has this time twice: to update, and to go back. */
function waitTimeout({ mode, convergeConfig }: Service): number {
    return seconds(convergeConfig.timeout) / (2 * Math.max(1, mode.replicated.replicas));
}

function sharedMemory(mounts: Mount[]): number | undefined {
    const bytes = mounts.find(({ target }) => target === SHARED_MEMORY)?.tmpfsOptions?.sizeBytes;
    return bytes && bytes / MEBIBYTE;
}

function restart(condition: string): ContainerView["restart"] {
    return condition === "none" ? "no" : condition === "on-failure" ? condition : "always";
}
