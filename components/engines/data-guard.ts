import { realpathSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { drydockLabels } from "../shared/names.ts";
import { type Docker, dockerOf, hasHooks, hook, lines } from "./hooks.ts";
import type { ContainerSpec } from "./spec.ts";

/** What holds data: a volume by its name, or a directory of the host. */
interface Source {
    volume?: string;
    hostPath?: string;
}

/** A container, as far as it may use another's data. */
interface Other {
    name: string;
    /** Such as `running`; of a service on a Swarm, `running` where it has replicas. */
    status: string;
    labels: Record<string, string> | null;
    mounts: { Type: string; Name?: string; Source?: string; RW?: boolean; ReadOnly?: boolean }[] | null;
}

const CONTAINERS =
    '{"name":{{json .Name}},"status":{{json .State.Status}},"labels":{{json .Config.Labels}},"mounts":{{json .Mounts}}}';
const SERVICES =
    '{"name":{{json .Spec.Name}},"status":"{{with .Spec.Mode.Replicated}}{{if .Replicas}}running{{end}}{{else}}running{{end}}",' +
    '"labels":{{json .Spec.Labels}},"mounts":{{json .Spec.TaskTemplate.ContainerSpec.Mounts}}}';

const AT_WORK = ["running", "restarting", "paused"];

type Inputs = Record<string, unknown>;

/**
 * Hooks on a container of a Docker Engine. The files of a database belong to one server: it does not start while another
 * container has them. The hook runs when the old container is deleted and the new one is not there yet, however the
 * replacement came about. After a new container has started, a hook warns about volumes of its component that nothing mounts any more.
 */
export function containerHooks(
    name: string,
    spec: ContainerSpec,
    { parent }: pulumi.CustomResourceOptions,
): pulumi.ResourceHookBinding {
    if (!hasHooks()) return {};
    const docker = dockerOf(parent);
    const guard = (when: string, isOther: (other: Other) => boolean) =>
        hook(`${name} data ${when}`, async ({ newInputs = {} }) => {
            const others = (await containers(docker)).filter(isOther);
            for (const { volumeName, hostPath } of listOf(newInputs.volumes))
                refuseShared({ volume: textOf(volumeName), hostPath: textOf(hostPath) }, others, spec.name);
        });
    const leftovers = hook(`${name} leftovers`, async () => {
        const filters = Object.entries(drydockLabels(spec.component)).map(
            ([key, value]) => `label=${key}=${value}`,
        );
        const options = ["dangling=true", ...filters].flatMap((filter) => ["--filter", filter]);
        for (const volume of lines(await docker("volume", "ls", "--quiet", ...options)))
            void pulumi.log.warn(
                `${spec.component}: the volume ${volume} is not used any more. It stays with its data until ${spec.component} ` +
                    `is removed or the stack is destroyed; docker volume rm ${volume} removes it now.`,
            );
    });
    return {
        ...(spec.stateful && {
            // One of its own name is there where the service has come from another parent.
            beforeCreate: [guard("create", () => true)],
            // A container that was stopped is started by an update.
            beforeUpdate: [guard("update", (other) => other.name !== spec.name)],
        }),
        ...(spec.component === name && { afterCreate: [leftovers] }),
    };
}

/** The same for a volume that another service may have: before the container that uses another one now is deleted. */
export function volumeHooks(
    name: string,
    own: string,
    { parent }: pulumi.CustomResourceOptions,
): pulumi.ResourceHookBinding {
    if (!hasHooks()) return {};
    const docker = dockerOf(parent);
    const guard = hook(`${name} volume`, async ({ newInputs = {} }) => {
        // The container's own hook warns of one that is stopped.
        const others = (await containers(docker)).filter(
            (other) => other.name !== own && AT_WORK.includes(other.status),
        );
        refuseShared({ volume: textOf(newInputs.name) }, others, own);
    });
    return { beforeCreate: [guard] };
}

/** The same for a service on a Swarm, whose volumes are on the node that is marked as holding them. */
export function serviceHooks(
    name: string,
    spec: ContainerSpec,
    { parent }: pulumi.CustomResourceOptions,
): pulumi.ResourceHookBinding {
    if (!spec.stateful || !hasHooks()) return {};
    const docker = dockerOf(parent);
    const guard = hook(`${name} data`, async ({ newInputs = {} }) => {
        const { containerSpec } = (newInputs.taskSpec ?? {}) as { containerSpec?: Inputs };
        const volumes = listOf(containerSpec?.mounts).filter(({ type }) => type === "volume");
        for (const { source } of volumes) {
            const volume = textOf(source) ?? "";
            const ids = lines(await docker("service", "ls", "--quiet"));
            const services = await inspected(docker, ["service", "inspect"], SERVICES, ids);
            const holder = ["node", "ls", "--filter", `node.label=drydock.data.${volume}`];
            const isHere = (await docker(...holder, "--format", "{{.Self}}")).includes("true");
            const others = [...services, ...(isHere ? await containers(docker) : [])].filter(
                (other) =>
                    other.name !== spec.name && other.labels?.["com.docker.swarm.service.name"] !== spec.name,
            );
            refuseShared({ volume }, others, spec.name);
        }
    });
    return { beforeCreate: [guard], beforeUpdate: [guard] };
}

async function containers(docker: Docker): Promise<Other[]> {
    const ids = lines(await docker("ps", "--all", "--quiet", "--no-trunc"));
    return inspected(docker, ["container", "inspect"], CONTAINERS, ids);
}

/** One that has gone in the meantime makes the command fail, which prints the others. */
async function inspected(docker: Docker, verb: string[], format: string, ids: string[]): Promise<Other[]> {
    if (ids.length === 0) return [];
    const printed = await docker(...verb, "--format", format, ...ids).catch((error: unknown) => {
        const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
        if (/no such/i.test(stderr)) return stdout;
        throw error;
    });
    return lines(printed).map((line) => {
        const other = JSON.parse(line) as Other;
        return { ...other, name: other.name.replace(/^\//, "") };
    });
}

/** @throws Error that names a container that is at work on the data, and how to stop it */
export function refuseShared(source: Source, others: Other[], own: string): void {
    const what = source.volume === undefined ? `directory ${source.hostPath}` : `volume ${source.volume}`;
    for (const other of others.filter(({ mounts }) =>
        (mounts ?? []).some((mount) => shares(source, mount)),
    )) {
        const { name, status } = other;
        if (AT_WORK.includes(status))
            throw new Error(
                `the ${what} is in use by ${describe(other)}, which is ${status}: two servers on the same files corrupt ` +
                    `them. ${remedy(other)}, or use another ${source.volume === undefined ? "directory" : "volume"}.`,
            );
        if (name !== own)
            void pulumi.log.warn(
                `${own}: ${describe(other)} mounts the ${what} too. It is stopped; it must not be started while ${own} ` +
                    `runs. docker rm ${name} removes it, and leaves the data.`,
            );
    }
}

function shares(
    { volume, hostPath }: Source,
    { Type, Name, Source, RW, ReadOnly }: NonNullable<Other["mounts"]>[0],
): boolean {
    if (RW === false || ReadOnly === true) return false;
    if (volume !== undefined) return Type === "volume" && (Name ?? Source) === volume;
    if (hostPath === undefined || Type !== "bind" || Source === undefined) return false;
    // The whole machine is mounted by what administers it (Portainer), and by no server for its data.
    if (Source === "/") return false;
    return directoriesOverlap(hostPath, Source);
}

/** Whether one directory is the other, or in it; by its real name, where it is on this machine. */
export function directoriesOverlap(one: string, other: string): boolean {
    const [a, b] = [one, other].map((path) => `${realPath(path)}/`);
    return a !== undefined && b !== undefined && (a.startsWith(b) || b.startsWith(a));
}

function realPath(path: string): string {
    const plain = path.replace(/\/+/g, "/").replace(/(?<=.)\/$/, "");
    try {
        return realpathSync(plain);
    } catch {
        return plain;
    }
}

function describe({ name, labels: own }: Other): string {
    const [project, stack] = [own?.["drydock.project"], own?.["drydock.stack"]];
    const compose = own?.["com.docker.compose.project"];
    if (project !== undefined) return `the container ${name} of the stack ${stack} of the project ${project}`;
    return compose === undefined
        ? `the container ${name}`
        : `the container ${name} of the Compose project ${compose}`;
}

function remedy({ name, labels: own }: Other): string {
    const compose = own?.["com.docker.compose.project"];
    const isOfThisStack =
        own?.["drydock.project"] === pulumi.getProject() && own["drydock.stack"] === pulumi.getStack();
    if (isOfThisStack)
        return `If it is this service under an earlier name or parent, give the service the option aliases; otherwise stop it (docker stop ${name})`;
    return compose === undefined
        ? `Stop it (docker stop ${name})`
        : `Stop it (docker compose --project-name ${compose} stop ${own?.["com.docker.compose.service"] ?? ""})`;
}

function listOf(value: unknown): Inputs[] {
    return Array.isArray(value) ? (value as Inputs[]) : [];
}

function textOf(value: unknown): string | undefined {
    return typeof value === "string" && value !== "" ? value : undefined;
}
