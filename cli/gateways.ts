/** Runs scripts in the gateways that have routes of a stack: its own, and those of other stacks. */
import { type Engine, engineOf } from "./engine.ts";
import { runningContainer } from "./containers.ts";
import { outermostComponent } from "./inventory.ts";
import { CONTAINER, DRYDOCK, SERVICE } from "./resource-types.ts";
import type { Stack } from "./project.ts";
import { type Resource, routesOf, swarmRegistrationOf } from "./state.ts";
import type { PlacedProcess } from "./stack-inventory.ts";
import type { NodeEngines } from "./swarm.ts";
import { outputOf } from "./terminal.ts";
import { within } from "./timeout.ts";

/** A stack and what it runs. */
export interface RunningStack {
    stack: Stack;
    resources: Resource[];
    processes: PlacedProcess[];
    nodes: (manager: Engine) => NodeEngines;
}

/** A gateway with routes of a stack. */
interface RoutingGateway {
    name: string;
    process: PlacedProcess;
    /** Application of the stack, in a gateway of another stack. Undefined in the stack's own gateways. */
    owner?: string;
}

/** Output of a script in a gateway. */
export interface GatewayOutput {
    /** Name of the component or, in another stack, of the container or the service. */
    gateway: string;
    /** Without empty lines. */
    lines: string[];
}

/** How long a gateway may take to answer, in seconds. */
const ANSWER_TIMEOUT = 30;

/**
 * Runs a shell script in the container of each gateway, on a Swarm in one of its containers.
 *
 * @param args of the script. An empty owner stands for all owners of routes
 */
export async function runInGateways(
    { stack, resources, processes, nodes }: RunningStack,
    script: string,
    args: (owner: string) => string[],
): Promise<GatewayOutput[]> {
    const own = processes
        .filter(({ type }) => type === "Gateway")
        .map((process): RoutingGateway => ({ name: process.component, process }));
    const gateways = [...own, ...(await placeForeignGateways(resources, processes))];
    return Promise.all(
        gateways.map(async ({ name, process, owner = "" }) => {
            const words = ["sh", "-c", script, "gateway", ...args(owner)];
            const run = async () =>
                outputOf(await runningContainer(stack, process, nodes(process.engine)), words);
            // Other checks report a gateway that is not running, and a node that cannot be reached.
            const output = await within(ANSWER_TIMEOUT, run()).catch(() => "");
            return { gateway: name, lines: output.split("\n").filter((line) => line.trim() !== "") };
        }),
    );
}

async function placeForeignGateways(
    resources: Resource[],
    processes: PlacedProcess[],
): Promise<RoutingGateway[]> {
    const engines = [...new Set(processes.map(({ engine }) => engine))];
    if (engines.length === 0) return [];
    return Promise.all(
        foreignGateways(resources).map(async ({ gateway, owner, isService }) => ({
            name: gateway,
            owner,
            process: {
                ...{ component: gateway, type: "Gateway", process: "server", resource: gateway },
                ...{ id: gateway, isService, image: "", volumes: [] },
                engine: await engineOf({ id: gateway, isService }, engines),
            },
        })),
    );
}

/** Gateways of other stacks in which applications of this stack have routes (components/gateway/registration.ts). */
export function foreignGateways(
    resources: Resource[],
): { gateway: string; owner: string; isService: boolean }[] {
    const own = gatewayNames(resources);
    return resources.flatMap((resource) => {
        const { owner = "", gateways = [] } = routesOf(resource) ?? {};
        const isService = swarmRegistrationOf(resource) !== undefined;
        return gateways
            .filter((gateway) => !own.includes(gateway))
            .map((gateway) => ({ gateway, owner, isService }));
    });
}

/** Names of the containers and services of the stack's own gateways. */
function gatewayNames(resources: Resource[]): string[] {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    return resources
        .filter(({ type }) => type === CONTAINER || type === SERVICE)
        .filter((resource) => outermostComponent(resource, byUrn).type === `${DRYDOCK}Gateway`)
        .map((resource) => String(resource.inputs?.name));
}
