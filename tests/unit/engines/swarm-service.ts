import { type Declared, GENERATED, NETWORK, UNKNOWN } from "../../../testing/index.ts";
import {
    ENVIRONMENT,
    environmentOf,
    filesOf,
    permissionsOf,
    type ServiceFiles,
} from "./swarm-service-files.ts";
import {
    toCapabilities,
    type ProviderHealthCheck,
    commonProperties,
    type DeclaredContainer,
    toHealthCheck,
    type Label,
    toLabels,
    readHosts,
    parseDuration,
    DEFAULT_TMPFS_MODE,
} from "./declared-container.ts";

export const WITH_ENVIRONMENT = "/run/drydock/with-environment";

const MEBIBYTE = 1024 * 1024;
const SHARED_MEMORY = "/dev/shm";

interface Service {
    name: string;
    labels: Label[];
    taskSpec: {
        containerSpec: ContainerSpec;
        networksAdvanceds?: { id: string; aliases?: string[] }[] | typeof UNKNOWN;
        resources: { limits: { memoryBytes?: number; nanoCpus?: number } };
        restartPolicy: { condition: string };
        logDriver?: { name: string; options?: Record<string, string> };
    };
    mode: { replicated: { replicas: number } };
    endpointSpec: { ports?: { targetPort: number; publishedPort: number; protocol: string }[] };
    convergeConfig: { timeout: string };
}

interface ContainerSpec extends ServiceFiles {
    image: string;
    commands?: string[];
    args?: string[] | typeof UNKNOWN;
    env?: Record<string, string>;
    mounts: Mount[];
    hosts?: unknown;
    healthcheck?: ProviderHealthCheck;
    user?: string;
    dir?: string;
    hostname?: string;
    init?: boolean;
    labels?: Label[];
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

/** The container of a docker.Service, with its secrets and configs. */
export function readService(resource: Declared, declared: Declared[]): DeclaredContainer {
    const inputs = resource.inputs as unknown as Service;
    const { containerSpec: spec, resources, restartPolicy, logDriver } = inputs.taskSpec;
    const { [ENVIRONMENT]: environment, [WITH_ENVIRONMENT]: script, ...files } = filesOf(spec, declared);
    const tmpfsMounts = spec.mounts.filter(({ type }) => type === "tmpfs");
    const [port] = inputs.endpointSpec.ports ?? [];
    const { memoryBytes, nanoCpus } = resources.limits;
    return {
        ...commonProperties(resource),
        hostName: inputs.name,
        labels: toLabels([...inputs.labels, ...(spec.labels ?? [])]),
        image: spec.image,
        ...entrypointAndCommand(spec),
        env:
            environment?.content === UNKNOWN
                ? UNKNOWN
                : { ...spec.env, ...environmentOf(environment, script) },
        files,
        permissions: permissionsOf(spec),
        mounts: spec.mounts
            .filter(({ type }) => type !== "tmpfs")
            .map(({ type, source, target, readOnly = false }) => ({
                path: target,
                readOnly,
                [type === "bind" ? "hostPath" : "volume"]: source,
            })),
        tmpfs: Object.fromEntries(
            tmpfsMounts
                .filter(({ target }) => target !== SHARED_MEMORY)
                .map(({ target, tmpfsOptions: { sizeBytes: size, mode = DEFAULT_TMPFS_MODE } = {} }) => [
                    target,
                    { size: size === 0 ? undefined : size, mode },
                ]),
        ),
        networks: networkNames(inputs.taskSpec.networksAdvanceds, declared),
        aliases: aliasesOf(inputs.taskSpec.networksAdvanceds, declared),
        ports: (inputs.endpointSpec.ports ?? []).map(
            ({ targetPort, publishedPort, protocol }) => `:${publishedPort} -> ${targetPort}/${protocol}`,
        ),
        publish: port && { containerPort: port.targetPort, hostPort: port.publishedPort },
        health: spec.healthcheck && toHealthCheck(spec.healthcheck, waitTimeout(inputs)),
        memory: memoryBytes ? memoryBytes / MEBIBYTE : undefined,
        sharedMemory: sharedMemory(tmpfsMounts),
        cpus: nanoCpus ? nanoCpus / 1e9 : undefined,
        user: spec.user,
        readOnly: spec.readOnly,
        capabilities: toCapabilities({ drops: spec.capDrops, adds: spec.capAdds }),
        restart: restart(restartPolicy.condition),
        stopTimeout: parseDuration(spec.stopGracePeriod),
        workingDirectory: spec.dir,
        ownHostName: spec.hostname,
        init: spec.init,
        logging: logDriver && { driver: logDriver.name, options: logDriver.options },
        ...readHosts(spec.hosts),
        secrets: [
            ...(environment?.secret ? ["env" as const] : []),
            ...(Object.values(files).some(({ secret }) => secret) ? ["files" as const] : []),
        ],
    };
}

/** Entrypoint and command without with-environment.sh, and without those of the image. */
function entrypointAndCommand({
    commands,
    args,
}: ContainerSpec): Pick<DeclaredContainer, "entrypoint" | "command"> {
    if (commands?.join(" ") !== `sh ${WITH_ENVIRONMENT}`)
        return { entrypoint: commands, command: args as string[] | undefined };
    if (typeof args === "string") return {};
    const [[entrypoint], imageCommand] = GENERATED.start as [string[], string[]];
    const [first, ...command] = args ?? [];
    // A script of Drydock replaces the image's entrypoint.
    if (first === "sh") return { entrypoint: [first, ...command.slice(0, 1)], command: command.slice(1) };
    if (first !== entrypoint) throw new Error(`the image's entrypoint is left out: ${String(args)}`);
    return { command: command.join() === imageCommand.join() ? undefined : command };
}

/** Names of the networks, which a service joins by ID. */
function networkNames(
    networks: Service["taskSpec"]["networksAdvanceds"] = [],
    declared: Declared[],
): unknown {
    if (typeof networks === "string") return networks;
    return networks.map(({ id }) => {
        const network = declared.find(({ type, name }) => type === NETWORK && `${name}-id` === id);
        return network ? network.inputs.name : id;
    });
}

function aliasesOf(
    networks: Service["taskSpec"]["networksAdvanceds"] = [],
    declared: Declared[],
): Record<string, string[]> {
    if (typeof networks === "string") return {};
    const names = networkNames(networks, declared) as string[];
    return Object.fromEntries(
        networks.flatMap(({ aliases }, i) => (aliases ? [[names[i] ?? "", aliases]] : [])),
    );
}

/** The update of each replica may take this long, and its rollback too. */
function waitTimeout({ mode, convergeConfig }: Service): number {
    return parseDuration(convergeConfig.timeout) / (2 * Math.max(1, mode.replicated.replicas));
}

function sharedMemory(mounts: Mount[]): number | undefined {
    const bytes = mounts.find(({ target }) => target === SHARED_MEMORY)?.tmpfsOptions?.sizeBytes;
    return bytes && bytes / MEBIBYTE;
}

function restart(condition: string): DeclaredContainer["restart"] {
    return condition === "none" ? "no" : condition === "on-failure" ? condition : "always";
}
