import { TASK_CONTAINER } from "../../policies/resource.ts";
import type { Operation } from "./events.ts";
import { formatPublishedPorts } from "./resources/published.ts";
import { objects, string } from "./values.ts";
import { CONTAINER, DRYDOCK, NETWORK, VOLUME } from "../resource-types.ts";

/** A resource of a stack, from a program or from a preview. */
export interface Resource {
    /** By which a Swarm refers to a network. */
    id?: string;
    /** By which a container refers to a network whose name is not known yet. */
    urn?: string;
    /** For example `docker:index/container:Container`. */
    type: string;
    name: string;
    /** Type of the component that it belongs to, for example `drydock:index:WebApp`. */
    component?: string;
    inputs: Record<string, unknown>;
    /** For a task, the operation of the Command that runs it. */
    operation?: Operation;
}

/** A node of the diagram: a container, the container of a task, or a volume that several components share. */
interface Node {
    name: string;
    kind: string;
    /** Component whose network other containers join to reach it. Empty for a task or a volume, which nothing reaches. */
    owner: string;
    /** Host name on its networks. */
    host: string;
    /** Name in Docker, of a volume. */
    volume?: string;
    mounts: Record<string, unknown>[];
    networks: string[];
    addresses: string[];
    variables: string[];
    reachesHost: boolean;
    operation: Operation;
}

const STYLES: Record<Operation, string | undefined> = {
    create: "fill:#d7f5dd,stroke:#1a7f37,color:#000",
    update: "fill:#fff4c2,stroke:#9a6700,color:#000",
    replace: "fill:#ffe0c2,stroke:#bc4c00,color:#000",
    delete: "fill:#ffd7d5,stroke:#cf222e,color:#000,stroke-dasharray:4",
    same: undefined,
};

/** Color of a task that runs again. It is not running now, so it is neither changed in place nor replaced. */
const RUNS_AGAIN = "fill:#ddf4ff,stroke:#0969da,color:#000";

/** Draws the containers and tasks of a stack, their links and published ports, as a Mermaid flowchart. */
export function diagram(resources: Resource[]): string {
    const nodes = resources
        .flatMap((resource) => nodeOf(resource) ?? [])
        .sort((a, b) => a.name.localeCompare(b.name));
    const networkOwners = new Map(
        resources
            .filter(({ type }) => type === NETWORK)
            .flatMap(({ id, urn, inputs }) =>
                [inputs.name, id, urn].map((key) => [string(key), ownerOf(inputs)]),
            ),
    );
    const published = nodes.flatMap(publishedEdges);
    const toHost = nodes
        .filter(({ reachesHost }) => reachesHost)
        .map(({ name }) => `${nodeId(name)} --> host`);
    return [
        "flowchart LR",
        ...(published.length + toHost.length > 0 ? ['host(["this machine"])'] : []),
        ...nodes.map(drawNode),
        ...nodes.flatMap((node) => linkEdges(node, nodes, networkOwners)),
        ...nodes.flatMap((node) => mountEdges(node, nodes)),
        ...published,
        ...toHost,
        ...nodes.flatMap((node) => {
            const style = styleOf(node);
            return style === undefined ? [] : [`style ${nodeId(node.name)} ${style}`];
        }),
    ].join("\n    ");
}

function nodeOf({ type, name, component = "", inputs, operation = "same" }: Resource): Node | undefined {
    const isTask = type === TASK_CONTAINER;
    if (type === VOLUME && component.replace(DRYDOCK, "") === "Volume")
        return {
            name: name.replace(/-(data|volume)$/, ""),
            kind: "Volume",
            owner: "",
            host: "",
            volume: string(inputs.name),
            networks: [],
            addresses: [],
            variables: [],
            mounts: [],
            reachesHost: false,
            operation,
        };
    if (type !== CONTAINER && !isTask) return undefined;
    return {
        name: isTask ? ownerOf(inputs) : name,
        kind: isTask ? "Task" : component.replace(DRYDOCK, ""),
        owner: isTask ? "" : ownerOf(inputs),
        host: string(inputs.name),
        networks: objects(inputs.networksAdvanced).map((network) => string(network.name)),
        addresses: formatPublishedPorts(inputs.ports, "all addresses", ""),
        variables: Array.isArray(inputs.envs) ? inputs.envs.map(string) : [],
        mounts: objects(inputs.volumes),
        reachesHost: objects(inputs.hosts).length > 0,
        operation,
    };
}

/** The component that a container or network belongs to. */
function ownerOf(inputs: Record<string, unknown>): string {
    return string(objects(inputs.labels).find(({ label }) => label === "drydock.component")?.value);
}

function styleOf({ kind, operation }: Node): string | undefined {
    const isChanged = operation === "update" || operation === "replace";
    return kind === "Task" && isChanged ? RUNS_AGAIN : STYLES[operation];
}

function drawNode({ name, kind, volume, mounts }: Node): string {
    const hasData = volume !== undefined || mounts.length > 0;
    const label = `"${name}<br>${kind}"`;
    if (kind === "Task") return `${nodeId(name)}[/${label}/]`;
    return hasData ? `${nodeId(name)}[(${label})]` : `${nodeId(name)}[${label}]`;
}

/**
 * A link is an edge from a container to the owner of a network that it joins, or to the processes of the owner whose host
 * names it has in its variables, with the variable.
 */
function linkEdges(node: Node, nodes: Node[], networkOwners: Map<string, string>): string[] {
    return node.networks.flatMap((network) => {
        const owner = networkOwners.get(network) ?? "";
        if (owner === "" || owner === node.owner) return [];
        const targets = nodes
            .filter((other) => other.owner === owner)
            .map(({ name, host }) => ({
                name,
                variable: variableWith(node, name === owner ? network : host),
            }));
        const linked = targets.filter(({ name, variable }) => name !== owner && variable !== undefined);
        const main = targets.filter(
            ({ name, variable }) => name === owner && (linked.length === 0 || variable),
        );
        return [...main, ...linked].map(
            ({ name, variable }) =>
                `${nodeId(node.name)} -->${variable ? `|${variable}|` : ""} ${nodeId(name)}`,
        );
    });
}

/** The shortest variable that contains the host name. */
function variableWith({ variables }: Node, host: string): string | undefined {
    if (host === "") return undefined;
    const isPart = new RegExp(`(?<![\\w-])${host.replace(/\W/g, "\\$&")}(?![\\w-])`);
    return variables
        .filter((line) => isPart.test(line))
        .map((line) => line.slice(0, line.indexOf("=")))
        .sort((a, b) => a.length - b.length || a.localeCompare(b))
        .find((name) => !name.endsWith("_NAME"));
}

/** A dotted edge from a container to each shared volume that it mounts, with the path. */
function mountEdges(node: Node, nodes: Node[]): string[] {
    return node.mounts.flatMap(({ volumeName, containerPath, readOnly }) => {
        const target = nodes.find(({ volume }) => volume !== undefined && volume === string(volumeName));
        const path = `${string(containerPath)}${readOnly === true ? " (read-only)" : ""}`;
        return target === undefined ? [] : `${nodeId(node.name)} -.->|"${path}"| ${nodeId(target.name)}`;
    });
}

function publishedEdges({ name, addresses }: Node): string[] {
    // Quoted, as Mermaid cannot parse the brackets of a port that is not known yet.
    return addresses.map((address) => `host -->|"${address}"| ${nodeId(name)}`);
}

/** Mermaid has reserved words, such as `end`. */
function nodeId(name: string): string {
    return `n_${name.replace(/\W/g, "_")}`;
}
