/** The nodes of a Swarm, and their Docker Engines: a manager can neither run `exec` nor measure containers on another node. */
import type Docker from "dockerode";
import { type Engine, openEngine } from "./engine.ts";
import { CommandError } from "./exit-codes.ts";
import type { Stack } from "./project.ts";

export interface Node {
    id: string;
    /** Host name. */
    name: string;
    /** IP address. */
    address: string;
}

export interface Task {
    id: string;
    node: string;
    /** ID of its container. Empty until it has one. */
    container: string;
    /** For example `running` or `preparing`. */
    state: string;
    /** Why it does not run. */
    error?: string;
    since: string;
}

/** A node whose Docker Engine cannot be reached, and why. */
export interface UnreachableNode {
    node: string;
    reason: string;
    /** What to do. */
    remedy?: string;
}

interface ApiNode {
    ID: string;
    Description: { Hostname: string };
    Status: { Addr?: string };
    ManagerStatus?: { Addr: string };
}

interface ApiTask {
    ID: string;
    NodeID?: string;
    DesiredState: string;
    Status: { Timestamp: string; State: string; Err?: string; ContainerStatus?: { ContainerID?: string } };
}

export async function listNodes({ docker }: Engine): Promise<Node[]> {
    const nodes = (await docker.listNodes()) as ApiNode[];
    return nodes.map(({ ID, Description, Status, ManagerStatus }) => {
        // A manager may not know its own address.
        const [managerAddress] = (ManagerStatus?.Addr ?? "").split(/:(?=\d+$)/);
        const known = Status.Addr === undefined || Status.Addr === "0.0.0.0" ? undefined : Status.Addr;
        return { id: ID, name: Description.Hostname, address: known ?? managerAddress ?? "" };
    });
}

/** The tasks of a service that run or are to run. */
export async function listTasks({ docker }: Engine, service: string): Promise<Task[]> {
    const tasks = (await docker.listTasks({
        filters: { service: [service], "desired-state": ["running"] },
    })) as ApiTask[];
    return tasks.map(({ ID, NodeID = "", Status }) => ({
        id: ID,
        node: NodeID,
        container: Status.ContainerStatus?.ContainerID ?? "",
        state: Status.State,
        since: Status.Timestamp,
        ...(Status.Err && { error: Status.Err }),
    }));
}

/** The Docker Engines of the nodes, each opened once. */
export class NodeEngines {
    readonly #stack: Stack;
    readonly #manager: Engine;
    #nodes: Promise<Node[]> | undefined;
    readonly #engines = new Map<string, Promise<Engine>>();

    constructor(stack: Stack, manager: Engine) {
        this.#stack = stack;
        this.#manager = manager;
    }

    #list(): Promise<Node[]> {
        return (this.#nodes ??= listNodes(this.#manager));
    }

    async nameOf(id: string): Promise<string> {
        return (await this.#list()).find((node) => node.id === id)?.name ?? id;
    }

    /** @throws CommandError if the engine of the node cannot be reached */
    async engineOf(id: string): Promise<Engine> {
        const engine = this.#engines.get(id) ?? this.#open(id);
        this.#engines.set(id, engine);
        return engine;
    }

    async #open(id: string): Promise<Engine> {
        if (id === this.#manager.nodeId) return this.#manager;
        const node = (await this.#list()).find((each) => each.id === id);
        if (!node) throw new CommandError(`The Swarm has no node ${id}`);
        const address = nodeAddress(node, this.#stack, this.#manager.address);
        return openEngine({ DOCKER_HOST: address }, this.#stack.project.directory);
    }
}

/**
 * The address of the Docker Engine of a node: the one in the config `drydock:nodes`, or the node's address with the user and
 * port of `docker:host`.
 */
export function nodeAddress(
    { name, address }: Node,
    { config, option }: Pick<Stack, "config" | "option">,
    manager: string,
): string {
    const configured = config("drydock:nodes");
    const named = isRecord(configured) ? configured[name] : undefined;
    if (typeof named === "string") return named;
    if (manager.startsWith("ssh://") && address !== "") {
        const { username, port } = new URL(manager);
        const user = username === "" ? "" : `${username}@`;
        return `ssh://${user}${address.includes(":") ? `[${address}]` : address}${port === "" ? "" : `:${port}`}`;
    }
    throw new CommandError(
        `Drydock cannot reach the Docker Engine of node ${name}: docker:host is not an ssh:// address`,
        `Set its address in the stack's configuration: \`drydock pulumi config set${option} --path 'drydock:nodes["${name}"]' ssh://user@${name}\`.`,
    );
}

function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads a service, with the number of its tasks. Undefined if it no longer exists. */
export async function readService({ docker }: Engine, id: string): Promise<ServiceInfo | undefined> {
    const services = (await docker.listServices({
        filters: { id: [id] },
        status: true,
    } as Docker.ServiceListOptions)) as unknown as ServiceInfo[];
    return services.at(0);
}

export interface ServiceInfo {
    ID: string;
    Version: { Index: number };
    Spec: {
        Name: string;
        Mode: { Replicated?: { Replicas?: number } };
        TaskTemplate: { ForceUpdate?: number } & Record<string, unknown>;
    } & Record<string, unknown>;
    UpdateStatus?: { State: string; Message?: string };
    ServiceStatus?: { RunningTasks: number; DesiredTasks: number };
}
