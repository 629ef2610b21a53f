/** Reads what a stack runs from its Docker Engines. */
import { type Engine, engineOf, openEngines } from "./engine.ts";
import { CommandError } from "./exit-codes.ts";
import {
    type Component,
    type Container,
    type DeclaredProcess,
    declaredProcesses,
    groupByComponent,
    type Process,
    readContainer,
} from "./inventory.ts";
import { findMaintenance } from "./maintenance.ts";
import { findMissingCertificates, type MissingCertificate } from "./missing-certificates.ts";
import { messageOf, type Stack } from "./project.ts";
import { type Application, applicationsIn } from "./releases.ts";
import type { Resource } from "./state.ts";
import { listTasks, NodeEngines, readService, type Task, type UnreachableNode } from "./swarm.ts";
import { within } from "./timeout.ts";

/** How long the engine of a node may take to answer, in seconds. */
const ANSWER_TIMEOUT = 10;

export interface Inventory {
    project: string;
    stack: string;
    components: Component[];
    /** Nodes of the Swarm that memory, CPU and health could not be read from. */
    unreachableNodes: UnreachableNode[];
    /** Host names of gateways that have no certificate yet. */
    missingCertificates: MissingCertificate[];
}

/** A process of a stack, and the Docker Engine that runs it or, of a service, a manager of its Swarm. */
export interface PlacedProcess extends DeclaredProcess {
    engine: Engine;
}

/** A container of a process, and the Docker Engine that runs it. */
export interface PlacedContainer {
    stack: Stack;
    process: PlacedProcess;
    engine: Engine;
    id: string;
    /** Name of the Swarm node. */
    node?: string;
}

/**
 * The processes that a stack declares, and the Docker Engines that run them.
 *
 * @param known resources, if the state was read already
 */
export async function readProcesses(stack: Stack, known?: Resource[]): Promise<PlacedProcess[]> {
    const resources = known ?? (await stack.deployment()).resources ?? [];
    const declared = declaredProcesses(resources);
    const engines = await openEngines(stack, resources);
    return Promise.all(
        declared.map(async (process) => ({ ...process, engine: await engineOf(process, engines) })),
    );
}

/** @param measure whether to measure memory and CPU, which takes half a second */
export async function readInventory(stack: Stack, measure = true): Promise<Inventory> {
    const { resources = [] } = await stack.deployment();
    const processes = await readProcesses(stack, resources);
    const nodes = nodeEngines(stack);
    const unreachableNodes: UnreachableNode[] = [];
    const running = { stack, resources, processes, nodes };
    const [read, missingCertificates, inMaintenance] = await Promise.all([
        Promise.all(
            processes.map(async (process) => {
                const status = process.isService
                    ? await serviceStatus(process, nodes(process.engine), unreachableNodes, measure)
                    : await containerStatus(process, measure);
                return [process.resource, status] as const;
            }),
        ),
        findMissingCertificates(running),
        findMaintenance(running),
    ]);
    const statuses = new Map(read);
    const components = groupByComponent(
        processes.map(({ engine: _, ...declared }) => declared),
        ({ resource }) => statuses.get(resource) ?? { containers: [] },
    );
    return {
        project: stack.project.name,
        stack: stack.name,
        components: withReleases(components, applicationsIn(resources)).map((component) =>
            inMaintenance.includes(component.name) ? { ...component, maintenance: true } : component,
        ),
        unreachableNodes: unreachableNodes.filter(
            ({ node }, i) => unreachableNodes.findIndex((other) => other.node === node) === i,
        ),
        missingCertificates,
    };
}

function withReleases(components: Component[], applications: Application[]): Component[] {
    return components.map((component) => {
        const application = applications.find(({ name }) => name === component.name);
        if (application === undefined) return component;
        const { releases, serving, rolledBack, otherImages } = application;
        const release = releases.find(({ release }) => release === serving);
        if (release === undefined) return component;
        const { release: number, time, commit, changed } = release;
        const incomplete = otherImages.length > 0;
        return { ...component, release: { number, time, commit, changed, rolledBack, incomplete } };
    });
}

/** The engines of the nodes of each Swarm, by a manager of it. */
export function nodeEngines(stack: Stack): (manager: Engine) => NodeEngines {
    const known = new Map<Engine, NodeEngines>();
    return (manager) => {
        const nodes = known.get(manager) ?? new NodeEngines(stack, manager);
        known.set(manager, nodes);
        return nodes;
    };
}

async function containerStatus(
    { engine, id, image }: PlacedProcess,
    measure: boolean,
): Promise<Pick<Process, "containers">> {
    const container = await readContainer(engine, id, image, measure);
    return { containers: container ? [container] : [] };
}

async function serviceStatus(
    { engine, id, image }: PlacedProcess,
    nodes: NodeEngines,
    unreachable: UnreachableNode[],
    measure: boolean,
): Promise<Pick<Process, "service" | "containers">> {
    const [service, tasks] = await Promise.all([readService(engine, id), listTasks(engine, id)]);
    if (!service) return { containers: [] };
    const containers = await Promise.all(
        tasks.map(async (task) => {
            const node = await nodes.nameOf(task.node);
            if (task.container === "" || task.node === "") return taskStatus(task, image, node);
            try {
                const nodeEngine = await nodes.engineOf(task.node);
                const container = await within(
                    ANSWER_TIMEOUT,
                    readContainer(nodeEngine, task.container, image, measure),
                );
                if (container) return { ...container, node };
            } catch (error) {
                const remedy = error instanceof CommandError ? error.remedy : undefined;
                unreachable.push({ node, reason: messageOf(error), ...(remedy && { remedy }) });
            }
            return taskStatus(task, image, node);
        }),
    );
    return {
        service: {
            id: service.ID,
            name: service.Spec.Name,
            running: service.ServiceStatus?.RunningTasks ?? 0,
            wanted: service.ServiceStatus?.DesiredTasks ?? 0,
        },
        containers,
    };
}

/** What the manager knows about a task. */
function taskStatus({ container, state, since, error }: Task, image: string, node: string): Container {
    return {
        id: container,
        name: "",
        restarts: 0,
        image: { name: image },
        since,
        state: error === undefined ? state : `${state}: ${error}`,
        ...(node !== "" && { node }),
    };
}
