import { TASK_CONTAINER } from "../policies/resource.ts";
import { list, text } from "./values.ts";

/** A resource of a stack, as a program declares it or a preview shows it. */
export interface Resource {
    /** What a Swarm knows a network by. */
    id?: string;
    /** Such as `docker:index/container:Container`. */
    type: string;
    name: string;
    /** Type of the component that it is a part of, such as `drydock:index:WebApp`. */
    component?: string;
    inputs: Record<string, unknown>;
    /** What becomes of it, where something does. */
    change?: Change;
}

export type Change = "create" | "update" | "replace" | "delete";

/** A container, or a task that runs in one. */
interface Box {
    name: string;
    kind: string;
    owner: string;
    networks: string[];
    ports: string[];
    environment: string[];
    keepsData: boolean;
    reachesHost: boolean;
    change?: Change;
}

const CONTAINER = "docker:index/container:Container";
const NETWORK = "docker:index/network:Network";

const STYLES: Record<Change, string> = {
    create: "fill:#d7f5dd,stroke:#1a7f37,color:#000",
    update: "fill:#fff4c2,stroke:#9a6700,color:#000",
    replace: "fill:#ffe0c2,stroke:#bc4c00,color:#000",
    delete: "fill:#ffd7d5,stroke:#cf222e,color:#000,stroke-dasharray:4",
};

/**
 * A picture of a stack in Mermaid: its containers and tasks, what is linked to what, and what is published.
 * Whatever joins the network of a service is linked to it.
 */
export function picture(resources: Resource[]): string {
    const boxes = resources.flatMap((resource) => boxOf(resource) ?? []).sort(byName);
    const owners = new Map(
        resources
            .filter(({ type }) => type === NETWORK)
            .flatMap(({ id, inputs }) => [text(inputs.name), id ?? ""].map((key) => [key, labelled(inputs)])),
    );
    const lines = [
        ...boxes.map(node),
        ...boxes.flatMap((box) => links(box, boxes, owners)),
        ...boxes.flatMap(published),
        ...boxes.filter(({ reachesHost }) => reachesHost).map(({ name }) => `${id(name)} --> host`),
        ...boxes.flatMap(({ name, change }) => (change ? [`style ${id(name)} ${STYLES[change]}`] : [])),
    ];
    const hasHost = lines.some((line) => /\bhost\b/.test(line));
    return ["flowchart LR", ...(hasHost ? ['host(["this machine"])'] : []), ...lines].join("\n    ");
}

function boxOf({ type, name, component = "", inputs, change }: Resource): Box | undefined {
    const kind = component.replace("drydock:index:", "");
    const isTask = type === TASK_CONTAINER;
    if (type !== CONTAINER && !isTask) return undefined;
    return {
        name: isTask ? labelled(inputs) : name,
        kind: isTask ? "Task" : kind,
        owner: isTask ? "" : labelled(inputs),
        networks: list(inputs.networksAdvanced).map(({ name: network }) => text(network)),
        ports: list(inputs.ports).map(
            ({ ip, external }) => `${ip === "0.0.0.0" ? "all addresses" : text(ip)}:${text(external)}`,
        ),
        environment: Array.isArray(inputs.envs) ? inputs.envs.map(text) : [],
        keepsData: list(inputs.volumes).length > 0,
        reachesHost: list(inputs.hosts).length > 0,
        change,
    };
}

function node({ name, kind, keepsData }: Box): string {
    const label = `"${name}<br>${kind}"`;
    if (kind === "Task") return `${id(name)}[/${label}/]`;
    return keepsData ? `${id(name)}[(${label})]` : `${id(name)}[${label}]`;
}

/** From a container to the one whose network it joins, with the variable that says where it is. */
function links(box: Box, boxes: Box[], owners: Map<string, string>): string[] {
    return box.networks.flatMap((network) => {
        const target = boxes.find(
            ({ owner, name }) => owner !== "" && owner === owners.get(network) && name === owner,
        );
        if (!target || target.owner === box.owner) return [];
        const variable = box.environment
            .filter((line) => line.includes(network))
            .map((line) => line.slice(0, line.indexOf("=")))
            .sort((a, b) => a.length - b.length || a.localeCompare(b))
            .find((name) => !name.endsWith("_NAME"));
        return `${id(box.name)} -->${variable ? `|${variable}|` : ""} ${id(target.name)}`;
    });
}

function published({ name, ports }: Box): string[] {
    // Quoted, as Mermaid cannot parse the brackets of a port that is not known yet.
    return ports.map((port) => `host -->|"${port}"| ${id(name)}`);
}

function labelled(inputs: Record<string, unknown>): string {
    return text(list(inputs.labels).find(({ label }) => label === "drydock.component")?.value);
}

/** Mermaid has words of its own, such as `end`. */
function id(name: string): string {
    return `n_${name.replace(/\W/g, "_")}`;
}

function byName(a: Box, b: Box): number {
    return a.name.localeCompare(b.name);
}
