/** Finds the processes and containers that arguments name. */
import { CommandError, UsageError } from "./exit-codes.ts";
import { isNotFound } from "./inventory.ts";
import { messageOf, type Stack } from "./project.ts";
import type { PlacedContainer, PlacedProcess } from "./stack-inventory.ts";
import { listTasks, type NodeEngines } from "./swarm.ts";

/** The names of a process. */
interface Named {
    component: string;
    process: string;
    replicaOf?: string;
    resource: string;
}

/** The processes of the named components, or the named processes with their replicas (`shop/worker`); all without a name. */
export function selectProcesses<T extends Named>(
    processes: T[],
    names: string[],
    { option }: Pick<Stack, "option">,
): T[] {
    for (const name of names)
        if (!processes.some((process) => isCalled(process, name)))
            throw new UsageError(
                `There is no component ${name}`,
                processes.length === 0
                    ? `The stack runs nothing. Bring it up with \`drydock up${option}\`.`
                    : `Name one of ${knownNames(processes).join(", ")}.`,
            );
    if (names.length === 0) return processes;
    return processes.filter((process) => names.some((name) => isCalled(process, name)));
}

function isCalled({ component, process, replicaOf, resource }: Named, name: string): boolean {
    const names = [component, `${component}/${process}`, resource];
    return names.includes(name) || (replicaOf !== undefined && name === `${component}/${replicaOf}`);
}

/** Components, and the processes of those that have several. */
export function knownNames(processes: Named[]): string[] {
    const names = processes.flatMap(({ component, process }) => {
        const isOnly = processes.filter((other) => other.component === component).length === 1;
        return isOnly ? [component] : [component, `${component}/${process}`];
    });
    return [...new Set(names)].sort();
}

/** The component that a verb works on if its arguments name none. */
export interface Target {
    matches: (process: { type: string; image: string }) => boolean;
    /** Preferred if several match. */
    prefers?: (process: { type: string; image: string }) => boolean;
    /** For messages: `application`. */
    noun: string;
}

/** The process to run a program in: the named one, or the first of the only component that matches. */
export function chooseProcess<T extends Named & { type: string; image: string }>(
    processes: T[],
    component: string | undefined,
    { matches, prefers = () => false, noun }: Target,
    { name: stack, option }: Pick<Stack, "name" | "option">,
): T {
    const first = (name: string) =>
        // The main process has the name of its component.
        processes.find(({ resource }) => resource === name) ??
        processes.find(({ component, process }) => `${component}/${process}` === name) ??
        processes.find((process) => isCalled(process, name));
    if (component !== undefined) {
        const named = first(component);
        if (named) return named;
        selectProcesses(processes, [component], { option });
    }
    const candidates = processes.filter(matches);
    const preferred = candidates.filter(prefers);
    const names = [
        ...new Set((preferred.length > 0 ? preferred : candidates).map((process) => process.component)),
    ];
    const [name, ...others] = names;
    const chosen = name === undefined ? undefined : first(name);
    if (name === undefined || chosen === undefined)
        throw new CommandError(
            `The stack ${stack} runs no ${noun}`,
            processes.length === 0
                ? `Bring it up with \`drydock up${option}\`.`
                : `Name a component: --component ${knownNames(processes).join(", or ")}.`,
        );
    if (others.length > 0)
        throw new UsageError(
            `The stack ${stack} has several components to choose from: ${names.join(", ")}`,
            `Name one, for example --component ${name}.`,
        );
    return chosen;
}

/** The replicas of a process on a Docker Engine, without its first container. */
export function replicasOf<T extends Named>({ component, process }: T, processes: T[]): T[] {
    return processes.filter((other) => other.component === component && other.replicaOf === process);
}

async function isRunning({ engine, id }: PlacedProcess): Promise<boolean> {
    try {
        return (await engine.docker.getContainer(id).inspect()).State.Running;
    } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
    }
}

/**
 * A running container of a process. On a Swarm, prefers one on the manager, because other nodes may be out of reach.
 *
 * @param replicas of the process on a Docker Engine, in case its first container is not running
 * @throws CommandError if none is running, or none is on a node that can be reached
 */
export async function runningContainer(
    stack: Stack,
    process: PlacedProcess,
    nodes: NodeEngines,
    replicas: PlacedProcess[] = [],
): Promise<PlacedContainer> {
    const { resource, engine, id, isService } = process;
    const notRunning = new CommandError(
        `${resource} is not running`,
        `\`drydock status${stack.option}\` shows why; \`drydock up${stack.option}\` starts it again.`,
    );
    if (!isService) {
        for (const each of [process, ...replicas])
            if (await isRunning(each)) return { stack, process: each, engine: each.engine, id: each.id };
        throw notRunning;
    }
    const tasks = (await listTasks(engine, id))
        .filter(({ state, container }) => state === "running" && container !== "")
        .sort((a, b) => Number(b.node === engine.nodeId) - Number(a.node === engine.nodeId));
    let failure = notRunning;
    for (const { node, container } of tasks)
        try {
            const nodeEngine = await nodes.engineOf(node);
            return { stack, process, engine: nodeEngine, id: container, node: await nodes.nameOf(node) };
        } catch (error) {
            const remedy = error instanceof CommandError ? error.remedy : undefined;
            const name = await nodes.nameOf(node);
            failure = new CommandError(
                `${resource} runs on ${name}, which cannot be reached. ${messageOf(error)}`,
                remedy,
            );
        }
    throw failure;
}

/** Loads the variables of a process from a file on a Swarm. On a Docker Engine, the container has them. */
export function withEnvironment({ process }: PlacedContainer, command: string[]): string[] {
    if (!process.isService) return command;
    const script =
        'if [ -f /run/drydock/with-environment ]; then set -- sh /run/drydock/with-environment "$@"; fi; exec "$@"';
    return ["sh", "-c", script, "sh", ...command];
}
