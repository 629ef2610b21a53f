/** The local cluster of a project: a Docker Swarm of three nodes in containers, with a registry and a mirror. */
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type Docker from "dockerode";
import { openEngine } from "../engine.ts";
import { CommandError, UsageError } from "../exit-codes.ts";
import { CLUSTER, localDirectory, messageOf, type Project } from "../project.ts";
import { findContainer } from "./docker.ts";
import { socketDirectoryOf } from "./node.ts";

export const NODES = [1, 2, 3] as const;

/** Port that the application publishes on each node. */
export const APPLICATION_PORT = 8080;

/** Label of the containers and networks of a cluster, with its name. */
const LABEL = "drydock.swarm";

export const NAME_REMEDY = "Choose another name: --name <name>, or SWARM=<name>.";

export interface Cluster {
    project: Project;
    name: string;
    /** The Docker Engine of this machine. */
    docker: Docker;
    /** Address of that engine. */
    host: string;
    /** Directory with the name, and the sockets of the nodes. */
    directory: string;
}

/**
 * The cluster of a project, which need not exist yet.
 *
 * @param name undefined for the one that exists, or the default
 */
export async function openCluster(project: Project, name: string | undefined): Promise<Cluster> {
    const directory = join(localDirectory(project.directory), CLUSTER);
    const chosen = chooseName(project, name, rememberedName(directory));
    const { docker, address } = await openEngine({}, project.directory);
    const cluster = { project, name: chosen, docker, host: address, directory };
    await refuseForeign(cluster);
    return cluster;
}

/** @param remembered name of the cluster that exists */
function chooseName(project: Project, name: string | undefined, remembered: string | undefined): string {
    const words = project.name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    const chosen = name ?? remembered ?? [...words, "swarm"].join("-");
    if (!/^[a-z0-9][a-z0-9-]*$/.test(chosen))
        throw new UsageError(
            `'${chosen}' is not a valid name for the cluster`,
            "Use lowercase letters, digits and dashes for --name, or SWARM.",
        );
    if (remembered !== undefined && remembered !== chosen)
        throw new UsageError(
            `The local cluster of this project is ${remembered}, not ${chosen}`,
            "Leave out --name and SWARM, or remove that cluster first: `drydock cluster down`.",
        );
    return chosen;
}

function nameFile(directory: string): string {
    return join(directory, "name");
}

function rememberedName(directory: string): string | undefined {
    const file = nameFile(directory);
    const name = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
    return name === "" ? undefined : name;
}

/** Records the name: a project has at most one cluster. */
export function rememberName({ directory, name }: Cluster): void {
    try {
        mkdirSync(directory, { recursive: true });
        writeFileSync(nameFile(directory), `${name}\n`);
    } catch (error) {
        throw new CommandError(
            `${directory} cannot be written: ${messageOf(error)}`,
            "If another user owns it, change its owner with `sudo chown`; otherwise check that the disk is not full.",
        );
    }
}

/** Refuses a cluster of another project: container names are unique on a machine. */
async function refuseForeign(cluster: Cluster): Promise<void> {
    const owner = await otherDirectory(cluster);
    if (owner === undefined || !existsSync(owner)) return;
    throw new CommandError(
        `The local cluster ${cluster.name} belongs to another project, in ${resolve(owner, "../..")}`,
        NAME_REMEDY,
    );
}

/** Refuses containers that have a name of the cluster without belonging to it. */
export async function refuseForeignContainers(cluster: Cluster): Promise<void> {
    for (const part of [...NODES, "registry", "mirror", "name-servers"]) {
        const name = containerName(cluster, part);
        const found = await findContainer(cluster.docker, name);
        const labels = found?.Config.Labels as Record<string, string> | null | undefined;
        if (!found || labels?.[LABEL] === cluster.name) continue;
        throw new CommandError(
            `The container ${name} exists, but does not belong to the local cluster`,
            NAME_REMEDY,
        );
    }
}

/** Refuses a project that was moved: the path of a node's socket is fixed when the node is created. */
export async function refuseMoved(cluster: Cluster): Promise<void> {
    const former = await otherDirectory(cluster);
    if (former === undefined) return;
    throw new CommandError(
        `The local cluster ${cluster.name} was created by a project in ${resolve(former, "../..")}. Its nodes cannot move with a project.`,
        "Remove the cluster, and start it again: `drydock cluster down`, `drydock cluster up`.",
    );
}

/** Directory with the socket of the first node, unless it is in this project. */
async function otherDirectory(cluster: Cluster): Promise<string | undefined> {
    const container = await findContainer(cluster.docker, containerName(cluster, 1));
    const directory = container && socketDirectoryOf(container);
    // Docker resolves symbolic links in the mounts of nodes.
    const own = existsSync(cluster.directory) ? realpathSync(cluster.directory) : cluster.directory;
    return directory === own ? undefined : directory;
}

export function labelsOf({ name }: Cluster): Record<string, string> {
    return { [LABEL]: name };
}

/** Docker's filter for everything that belongs to the cluster. */
export function filtersOf({ name }: Cluster): { label: string[] } {
    return { label: [`${LABEL}=${name}`] };
}

/** @param part number of a node, `registry` or `mirror` */
export function containerName({ name }: Cluster, part: number | string): string {
    return `${name}-${part}`;
}

/** Host name of a node. */
export function nodeName(node: number): string {
    return `node-${node}`;
}

/** Directory with the socket of a node. */
export function socketDirectory({ directory }: Cluster, node: number): string {
    return node === 1 ? directory : join(directory, nodeName(node));
}

/** Address of a node's Docker Engine for `docker:host`. Pulumi runs in the directory of the project. */
export function nodeHost(cluster: Cluster, node: number): string {
    return `unix://${relative(cluster.project.directory, socketDirectory(cluster, node))}/docker.sock`;
}

/** Whether an address is that of a Docker Engine of the cluster. */
export function isNodeHost({ project, directory }: Cluster, address: unknown): boolean {
    if (typeof address !== "string" || !address.startsWith("unix://")) return false;
    const path = relative(directory, resolve(project.directory, address.slice("unix://".length)));
    return !path.startsWith("..");
}
