/** Gateways that answer the requests of a stack: its own, and those of other stacks that have its routes. */
import { type Engine, engineOf } from "./engine.ts";
import { runningContainer } from "./containers.ts";
import { CONTAINER, DRYDOCK, outermostComponent, SERVICE } from "./inventory.ts";
import type { Stack } from "./project.ts";
import { type Resource, swarmRegistrationOf } from "./repair/state.ts";
import type { PlacedProcess } from "./stack-inventory.ts";
import type { NodeEngines } from "./swarm.ts";
import { outputOf } from "./terminal.ts";
import { within } from "./timeout.ts";

/** A stack and what it runs. */
export interface Running {
    stack: Stack;
    resources: Resource[];
    processes: PlacedProcess[];
    nodes: (manager: Engine) => NodeEngines;
}

/** A gateway that has host names of a stack. */
interface AskedGateway {
    name: string;
    process: PlacedProcess;
    /** Application whose host names are asked for. @default all host names */
    owner?: string;
}

export interface GatewayAnswer {
    /** Name of the component, or, in another stack, of the container or the service. */
    gateway: string;
    /** Lines that are not empty. */
    lines: string[];
}

/** How long a gateway may take to answer, in seconds. */
const ANSWER_TIMEOUT = 30;

/**
 * Runs a shell script in the container of each gateway, on one node of a Swarm.
 *
 * @param args of the script, for the routes of one owner or, if it is empty, for all
 */
export async function askGateways(
    { stack, resources, processes, nodes }: Running,
    script: string,
    args: (owner: string) => string[],
): Promise<GatewayAnswer[]> {
    const own = processes
        .filter(({ type }) => type === "Gateway")
        .map((process): AskedGateway => ({ name: process.component, process }));
    const gateways = [...own, ...(await findElsewhere(resources, processes))];
    return Promise.all(
        gateways.map(async ({ name, process, owner = "" }) => {
            const words = ["sh", "-c", script, "gateway", ...args(owner)];
            const ask = async () =>
                outputOf(await runningContainer(stack, process, nodes(process.engine)), words);
            // Other checks report a gateway that does not run, and a node that cannot be reached.
            const output = await within(ANSWER_TIMEOUT, ask()).catch(() => "");
            return { gateway: name, lines: output.split("\n").filter((line) => line.trim() !== "") };
        }),
    );
}

async function findElsewhere(resources: Resource[], processes: PlacedProcess[]): Promise<AskedGateway[]> {
    const engines = [...new Set(processes.map(({ engine }) => engine))];
    if (engines.length === 0) return [];
    return Promise.all(
        gatewaysElsewhere(resources).map(async ({ gateway, owner, isService }) => ({
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
export function gatewaysElsewhere(
    resources: Resource[],
): { gateway: string; owner: string; isService: boolean }[] {
    const own = gatewayNames(resources);
    return resources.flatMap((resource) => {
        const { type, urn = "", inputs = {}, delete: isOld } = resource;
        const isRoutes = type === "command:local:Command" && urn.endsWith("-routes") && !isOld;
        const { OWNER, GATEWAYS, ONLY_STACK } = (inputs.environment ?? {}) as Record<string, unknown>;
        // A throwaway stack has routes in its own gateways only.
        if (!isRoutes || ONLY_STACK !== "" || typeof OWNER !== "string" || typeof GATEWAYS !== "string")
            return [];
        return GATEWAYS.split("\n")
            .filter((gateway) => gateway !== "" && !own.includes(gateway))
            .map((gateway) => ({
                gateway,
                owner: OWNER,
                isService: swarmRegistrationOf(resource) !== undefined,
            }));
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
