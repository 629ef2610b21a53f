/** The data of a stack: what a removal deletes, and what it keeps. */
import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { promisify } from "node:util";
import { toDnsLabel } from "../../components/shared/dns-label.ts";
import { type Engine, openEngines } from "../engine.ts";
import { declaredProcesses } from "../inventory.ts";
import { type Colors, formatBytes, formatTable } from "../output.ts";
import type { Stack } from "../project.ts";
import { SECRET_SIGNATURE } from "../pr/events.ts";
import { isLocal } from "../docker-environment.ts";
import type { Resource } from "../state.ts";
import { within } from "../timeout.ts";
import { COMMAND, CONTAINER, SERVICE, VOLUME } from "../resource-types.ts";

/** A volume, or a directory of the machine. */
export interface DataLocation {
    name: string;
    kind: "volume" | "directory";
    /** Empty if the state no longer names it. */
    component: string;
    /** In bytes. Undefined if it cannot be measured. */
    size?: number;
    /** Whether removing the stack deletes it. */
    deleted: boolean;
}

interface Volume {
    name: string;
    size?: number;
    labels: Record<string, string>;
}

/** Prefix of the labels of a node that has the data of a volume (components/engines/swarm/volumes.sh). */
const NODE_LABEL_PREFIX = "drydock.data.";

/** How long Docker may take to measure its volumes, in seconds. */
const MEASURE_TIMEOUT = 30;

/** Variables of the scripts that delete a component's volumes (components/engines/{docker,swarm}/volumes.sh). */
const DATA_VARIABLES = ["VOLUME", "PLACE"];

export async function readData(stack: Stack, resources: Resource[]): Promise<DataLocation[]> {
    const engines = await openEngines(stack, resources);
    const volumes = (await Promise.all(engines.map(listVolumes))).flat();
    const processes = declaredProcesses(resources);
    const mounts = processes.flatMap((process) =>
        process.volumes.map((volume) => ({ ...volume, component: process.component })),
    );
    const allLocal = engines.every(({ env }) => isLocal(env));
    const directories = mounts.flatMap(({ hostPath = "", component }) =>
        hostPath === "" || !isDirectory(hostPath, allLocal) ? [] : [{ name: hostPath, component }],
    );
    return [
        ...ownedVolumes(stack, volumes, mounts, (await Promise.all(engines.map(labelledVolumes))).flat()),
        ...(await Promise.all(
            unique(directories).map(async (directory): Promise<DataLocation> => {
                const size = allLocal ? await directorySize(directory.name) : undefined;
                return {
                    ...directory,
                    kind: "directory",
                    deleted: false,
                    ...(size !== undefined && { size }),
                };
            }),
        )),
    ];
}

/**
 * Volumes of the stack, and volumes of other stacks that it mounts.
 *
 * @param labelled volumes that nodes of a Swarm have labels for
 */
export function ownedVolumes(
    { project, name: stack }: { project: { name: string }; name: string },
    volumes: Volume[],
    mounts: { name: string; component: string }[],
    labelled: string[] = [],
): DataLocation[] {
    const prefix = `${toDnsLabel(project.name)}.${toDnsLabel(stack)}.`;
    const isOwned = ({ name, labels }: Volume) =>
        name.startsWith(prefix) ||
        (labels["drydock.project"] === project.name && labels["drydock.stack"] === stack);
    const mountOf = (name: string) => mounts.find((mount) => mount.name === name);
    const listed = volumes
        .filter((volume) => isOwned(volume) || mountOf(volume.name))
        .map((volume) => ({
            name: volume.name,
            kind: "volume" as const,
            deleted: isOwned(volume),
            component: mountOf(volume.name)?.component ?? volume.labels["drydock.component"] ?? "",
            ...(volume.size !== undefined && { size: volume.size }),
        }));
    // Volumes on other nodes of a Swarm, which the stack may no longer mount.
    const unmounted = labelled
        .filter((name) => name.startsWith(prefix) && !mountOf(name))
        .map((name) => ({ name, component: "" }));
    const onOtherNodes = unique([...mounts.filter(({ name }) => name !== ""), ...unmounted])
        .filter(({ name }) => !volumes.some((volume) => volume.name === name))
        .map(({ name, component }) => ({
            name,
            component,
            kind: "volume" as const,
            deleted: name.startsWith(prefix),
        }));
    return [...listed, ...onOtherNodes].sort((a, b) => a.name.localeCompare(b.name));
}

function unique<T extends { name: string }>(items: T[]): T[] {
    return [...new Map(items.map((item) => [item.name, item])).values()];
}

async function listVolumes({ docker }: Engine): Promise<Volume[]> {
    const [{ Volumes }, usage] = await Promise.all([
        docker.listVolumes(),
        within(MEASURE_TIMEOUT, docker.df()).catch(() => undefined) as Promise<
            { Volumes?: { Name: string; UsageData?: { Size: number } }[] | null } | undefined
        >,
    ]);
    const sizes = new Map(usage?.Volumes?.map(({ Name, UsageData }) => [Name, UsageData?.Size ?? -1]));
    return Volumes.map(({ Name, Labels }) => {
        const size = sizes.get(Name) ?? -1;
        return {
            name: Name,
            labels: labelsOf(Labels),
            ...(size >= 0 && { size }),
        };
    });
}

/** Names of the volumes on the nodes of a Swarm: a node has a label for the data on it (swarm/volumes.sh). */
async function labelledVolumes({ docker, isManager }: Engine): Promise<string[]> {
    if (!isManager) return [];
    const nodes = (await docker.listNodes()) as { Spec: { Labels?: Record<string, string> } }[];
    return nodes
        .flatMap(({ Spec }) => Object.keys(Spec.Labels ?? {}))
        .filter((label) => label.startsWith(NODE_LABEL_PREFIX))
        .map((label) => label.slice(NODE_LABEL_PREFIX.length));
}

/** Docker returns null if there are no labels, which the types lack. */
function labelsOf(labels: Record<string, string> | null): Volume["labels"] {
    return labels ?? {};
}

/** On another machine, only the path is known. */
function isDirectory(path: string, local: boolean): boolean {
    return !local || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** Undefined if it cannot be read: a database's directory may belong to another user. */
async function directorySize(path: string): Promise<number | undefined> {
    try {
        const { stdout } = await promisify(execFile)("du", ["-sk", path]);
        return Number(stdout.split("\t")[0]) * 1024;
    } catch {
        return undefined;
    }
}

export function formatData(data: DataLocation[], keepData: boolean, colors: Colors): string {
    const rows = data.map(({ name, kind, component, size, deleted }) => [
        name,
        kind,
        component,
        size === undefined ? "unknown" : formatBytes(size),
        deleted && !keepData ? colors.red("deleted") : "kept",
    ]);
    return formatTable(["DATA", "KIND", "COMPONENT", "SIZE", ""], rows, colors);
}

/** URNs of everything except the data, what creates it, its passwords, and whatever those depend on. */
export function urnsWithoutData(resources: Resource[]): string[] {
    const byUrn = new Map(resources.map((resource) => [resource.urn ?? "", resource]));
    const kept = new Set<string>();
    const keep = (urn: string) => {
        const resource = byUrn.get(urn);
        if (!resource || kept.has(urn)) return;
        kept.add(urn);
        const provider = resource.provider?.replace(/::[^:]*$/, "");
        for (const needed of [resource.parent, provider, ...(resource.dependencies ?? [])])
            if (needed !== undefined) keep(needed);
    };
    for (const resource of resources)
        if (holdsData(resource) && !(isHidden(resource) && needsContainer(resource, byUrn)))
            keep(resource.urn ?? "");
    const isStack = ({ type }: Resource) => type === "pulumi:pulumi:Stack";
    return resources.flatMap((resource) =>
        resource.urn === undefined || kept.has(resource.urn) || isStack(resource) ? [] : [resource.urn],
    );
}

/** Whether its environment is encrypted, and may therefore name data. */
function isHidden({ inputs = {} }: Resource): boolean {
    const { environment = {} } = inputs as { environment?: Record<string, unknown> };
    return SECRET_SIGNATURE in environment;
}

/** Whether it needs a container, as a migration does: keeping it would keep the container. What removes data needs none. */
function needsContainer({ dependencies = [] }: Resource, byUrn: Map<string, Resource>): boolean {
    return dependencies.some((urn) => {
        const needed = byUrn.get(urn);
        return (
            needed !== undefined &&
            ([CONTAINER, SERVICE].includes(needed.type) || needsContainer(needed, byUrn))
        );
    });
}

function holdsData({ type, inputs = {} }: Resource): boolean {
    const { environment = {} } = inputs as { environment?: Record<string, unknown> };
    if (type === COMMAND) return [...DATA_VARIABLES, SECRET_SIGNATURE].some((name) => name in environment);
    return type === VOLUME || type.startsWith("random:");
}
