import { realpathSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { drydockLabels } from "../shared/names.ts";
import { createDockerClient, type DockerClient, outputLines } from "./docker-command.ts";
import { createHook, hasHooks } from "./hooks.ts";
import type { ContainerSpec } from "./spec.ts";

/** Where a container keeps its data: a volume or a directory of the host. */
interface DataSource {
    volume?: string;
    hostPath?: string;
}

/** A container or service that may use the data of another one. */
interface Workload {
    name: string;
    isService?: boolean;
    /** Status of the container, for example `running`. A Swarm service is `running` if it has replicas. */
    status: string;
    labels: Record<string, string> | null;
    mounts: { Type: string; Name?: string; Source?: string; RW?: boolean; ReadOnly?: boolean }[] | null;
}

const CONTAINERS =
    '{"name":{{json .Name}},"status":{{json .State.Status}},"labels":{{json .Config.Labels}},"mounts":{{json .Mounts}}}';
const SERVICES =
    '{"name":{{json .Spec.Name}},"isService":true,"status":"{{with .Spec.Mode.Replicated}}{{if .Replicas}}running{{end}}{{else}}running{{end}}",' +
    '"labels":{{json .Spec.Labels}},"mounts":{{json .Spec.TaskTemplate.ContainerSpec.Mounts}}}';

const ACTIVE_STATUSES = ["running", "restarting", "paused"];

type Inputs = Record<string, unknown>;

/**
 * Hooks of a container on a Docker Engine:
 * - Before a container with data starts, fails if another container uses the data: two servers on the same files corrupt
 *   them. In a replacement, the old container has been deleted by then.
 * - After a container has started, warns about volumes of its component that no container mounts.
 */
export function containerHooks(
    name: string,
    spec: ContainerSpec,
    { parent }: pulumi.CustomResourceOptions,
): pulumi.ResourceHookBinding {
    if (!hasHooks()) return {};
    const docker = createDockerClient(parent);
    const guard = (when: string, isOther: (workload: Workload) => boolean) =>
        createHook(`${name} data ${when}`, async ({ newInputs = {} }) => {
            const workloads = (await listContainers(docker)).filter(isOther);
            const volumes = toList(newInputs.volumes).filter(
                ({ containerPath }) => !isShared(spec, containerPath),
            );
            for (const { volumeName, hostPath } of volumes)
                refuseForeignUse(
                    { volume: toName(volumeName), hostPath: toName(hostPath) },
                    workloads,
                    spec.name,
                );
        });
    const warnAboutUnused = createHook(`${name} unused volumes`, async () => {
        const filters = Object.entries(drydockLabels(spec.component)).map(
            ([key, value]) => `label=${key}=${value}`,
        );
        const options = ["dangling=true", ...filters].flatMap((filter) => ["--filter", filter]);
        for (const volume of outputLines(await docker("volume", "ls", "--quiet", ...options)))
            void pulumi.log.warn(
                `${spec.component}: the volume ${volume} is no longer used. It keeps its data until ${spec.component} ` +
                    `is removed or the stack is destroyed. To remove it now: docker volume rm ${volume}`,
            );
    });
    return {
        ...(spec.stateful && {
            // A container of the same name exists if the service has moved from another parent.
            beforeCreate: [guard("create", () => true)],
            // An update also starts a stopped container.
            beforeUpdate: [guard("update", (workload) => workload.name !== spec.name)],
        }),
        ...(spec.component === name && { afterCreate: [warnAboutUnused] }),
    };
}

/**
 * Hook of a volume that the user has named. Fails if another container uses the volume, before the component's own
 * container is deleted.
 */
export function volumeHooks(
    name: string,
    container: string,
    { parent }: pulumi.CustomResourceOptions,
): pulumi.ResourceHookBinding {
    if (!hasHooks()) return {};
    const docker = createDockerClient(parent);
    const guard = createHook(`${name} volume`, async ({ newInputs = {} }) => {
        // The container's hook warns about stopped containers.
        const workloads = (await listContainers(docker)).filter(
            ({ name: other, status }) => other !== container && ACTIVE_STATUSES.includes(status),
        );
        refuseForeignUse({ volume: toName(newInputs.name) }, workloads, container);
    });
    return { beforeCreate: [guard] };
}

/**
 * Hooks of a Swarm service with data. Fail if another service or container uses the data. Containers are visible only on
 * this Docker Engine, so they are checked only if its node has the data.
 */
export function serviceHooks(
    name: string,
    spec: ContainerSpec,
    { parent }: pulumi.CustomResourceOptions,
): pulumi.ResourceHookBinding {
    if (!spec.stateful || !hasHooks()) return {};
    const docker = createDockerClient(parent);
    const guard = createHook(`${name} data`, async ({ newInputs = {} }) => {
        const { containerSpec } = (newInputs.taskSpec ?? {}) as { containerSpec?: Inputs };
        const volumes = toList(containerSpec?.mounts).filter(
            ({ type, target }) => type === "volume" && !isShared(spec, target),
        );
        for (const { source } of volumes) {
            const volume = toName(source) ?? "";
            const ids = outputLines(await docker("service", "ls", "--quiet"));
            const services = await inspect(docker, ["service", "inspect"], SERVICES, ids);
            const nodesWithData = ["node", "ls", "--filter", `node.label=drydock.data.${volume}`];
            const isHere = (await docker(...nodesWithData, "--format", "{{.Self}}")).includes("true");
            const workloads = [...services, ...(isHere ? await listContainers(docker) : [])].filter(
                (workload) =>
                    workload.name !== spec.name &&
                    workload.labels?.["com.docker.swarm.service.name"] !== spec.name,
            );
            refuseForeignUse({ volume }, workloads, spec.name);
        }
    });
    return { beforeCreate: [guard], beforeUpdate: [guard] };
}

/** Whether other containers may use what is mounted at the path. */
function isShared({ mounts = [] }: ContainerSpec, path: unknown): boolean {
    return mounts.some((mount) => mount.path === path && mount.shared === true);
}

async function listContainers(docker: DockerClient): Promise<Workload[]> {
    const ids = outputLines(await docker("ps", "--all", "--quiet", "--no-trunc"));
    return inspect(docker, ["container", "inspect"], CONTAINERS, ids);
}

/** Skips containers that were removed in the meantime: the command then fails, but prints the others. */
async function inspect(
    docker: DockerClient,
    command: string[],
    format: string,
    ids: string[],
): Promise<Workload[]> {
    if (ids.length === 0) return [];
    const printed = await docker(...command, "--format", format, ...ids).catch((error: unknown) => {
        const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
        if (/no such/i.test(stderr)) return stdout;
        throw error;
    });
    return outputLines(printed).map((line) => {
        const workload = JSON.parse(line) as Workload;
        return { ...workload, name: workload.name.replace(/^\//, "") };
    });
}

/**
 * @param container that is about to use the data
 * @throws Error with instructions if a running workload uses the data
 */
export function refuseForeignUse(source: DataSource, workloads: Workload[], container: string): void {
    const data = source.volume === undefined ? `directory ${source.hostPath}` : `volume ${source.volume}`;
    for (const workload of workloads.filter(({ mounts }) =>
        (mounts ?? []).some((mount) => usesSource(mount, source)),
    )) {
        const { name, status } = workload;
        if (ACTIVE_STATUSES.includes(status))
            throw new Error(
                `the ${data} is in use by ${describeWorkload(workload)}, which is ${status}: two servers on the same files ` +
                    `corrupt them. ${explainHowToStop(workload)}, or use another ${source.volume === undefined ? "directory" : "volume"}.`,
            );
        if (name !== container)
            void pulumi.log.warn(
                `${container}: ${describeWorkload(workload)} mounts the ${data} too. It is stopped; do not start it while ${container} ` +
                    `runs. To remove it and keep the data: docker rm ${name}`,
            );
    }
}

function usesSource(
    { Type, Name, Source, RW, ReadOnly }: NonNullable<Workload["mounts"]>[0],
    { volume, hostPath }: DataSource,
): boolean {
    if (RW === false || ReadOnly === true) return false;
    if (volume !== undefined) return Type === "volume" && (Name ?? Source) === volume;
    if (hostPath === undefined || Type !== "bind" || Source === undefined) return false;
    // Tools that administer the machine (Portainer) mount all of it; servers do not.
    if (Source === "/") return false;
    return directoriesOverlap(hostPath, Source);
}

/** Whether the directories are the same, or one contains the other. Resolves symbolic links on this machine. */
export function directoriesOverlap(one: string, other: string): boolean {
    const [a, b] = [`${resolvePath(one)}/`, `${resolvePath(other)}/`];
    return a.startsWith(b) || b.startsWith(a);
}

function resolvePath(path: string): string {
    const plain = path.replace(/\/+/g, "/").replace(/(?<=.)\/$/, "");
    try {
        return realpathSync(plain);
    } catch {
        return plain;
    }
}

function describeWorkload({ name, isService, labels }: Workload): string {
    const [project, stack] = [labels?.["drydock.project"], labels?.["drydock.stack"]];
    const compose = labels?.["com.docker.compose.project"];
    const workload = `the ${isService ? "Swarm service" : "container"} ${name}`;
    if (project !== undefined) return `${workload} of the stack ${stack} of the project ${project}`;
    return compose === undefined ? workload : `${workload} of the Compose project ${compose}`;
}

function explainHowToStop({ name, isService, labels }: Workload): string {
    const compose = labels?.["com.docker.compose.project"];
    // A Swarm replaces a service's container that is stopped.
    const service = isService ? name : labels?.["com.docker.swarm.service.name"];
    const stop = service === undefined ? `docker stop ${name}` : `docker service scale ${service}=0`;
    const isOfThisStack =
        labels?.["drydock.project"] === pulumi.getProject() && labels["drydock.stack"] === pulumi.getStack();
    if (isOfThisStack)
        return `If it is this service under an earlier name or parent, set the resource option aliases; otherwise stop it (${stop})`;
    return compose === undefined
        ? `Stop it (${stop})`
        : `Stop it (docker compose --project-name ${compose} stop ${labels?.["com.docker.compose.service"] ?? ""})`;
}

function toList(value: unknown): Inputs[] {
    return Array.isArray(value) ? (value as Inputs[]) : [];
}

function toName(value: unknown): string | undefined {
    return typeof value === "string" && value !== "" ? value : undefined;
}
