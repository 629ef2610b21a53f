import { ROUTES_DIRECTORY } from "../../components/gateway/directories.ts";
import type { Container, EngineState } from "./drift.ts";
import { dockerAsync, type Environment } from "../docker-environment.ts";
import { type Resource, routesOf, trafficOf } from "../state.ts";
import { COMMAND } from "../resource-types.ts";

/** Routes that a gateway no longer has. */
export interface LostRoutes {
    /** URN of the Command `<name>-routes`, which registers them. */
    urn: string;
    gateway: string;
}

/**
 * Routes of applications that a gateway no longer has, because it has lost its volume.
 *
 * @param missing resources that Docker no longer has
 */
export async function findLostRoutes(
    resources: Resource[],
    docker: EngineState,
    missing: Resource[],
): Promise<LostRoutes[]> {
    const registered = resources.flatMap((resource) => {
        const { owner = "", gateways = [] } = routesOf(resource) ?? {};
        return gateways.map((gateway) => ({ urn: resource.urn ?? "", gateway, owner }));
    });
    const lostVolumes = missing.flatMap(({ id }) => id ?? []);
    const gateways = [...new Set(registered.map(({ gateway }) => gateway))];
    const owners = new Map(
        await Promise.all(
            gateways.map(async (gateway) => {
                const container = docker.containers.find(({ name }) => name === gateway);
                return [gateway, await ownersIn(container, gateway, lostVolumes)] as const;
            }),
        ),
    );
    return registered.flatMap(({ urn, gateway, owner }) =>
        owners.get(gateway)?.includes(owner) === false ? [{ urn, gateway }] : [],
    );
}

/** The owners whose routes a gateway has. Undefined if that is not known. */
async function ownersIn(
    container: Container | undefined,
    gateway: string,
    lostVolumes: string[],
): Promise<string[] | undefined> {
    // The update creates the container again, and the volume if it is lost.
    if (container === undefined) {
        const isLost = lostVolumes.some((volume) => volume.replaceAll(".", "-") === `${gateway}-config`);
        return isLost ? [] : undefined;
    }
    if (container.state !== "running") return undefined;
    const list = `mkdir -p "$0" && ls "$0"`;
    const output = await dockerAsync(
        container.env,
        ...["exec", container.id, "sh", "-c", list, `${ROUTES_DIRECTORY}/routes`],
    ).catch(() => undefined);
    return output?.split("\n");
}

/** A gateway that sends requests to a container other than the current one. */
export interface StaleTarget {
    /** URN of the Command `<name>-traffic`, which switches traffic to the container. */
    urn: string;
    gateway: string;
}

/** Gateways that missed a switch of traffic: they were not running, or their volume was restored from an earlier time. */
export async function findStaleTargets(resources: Resource[], docker: EngineState): Promise<StaleTarget[]> {
    const switched = resources.flatMap((resource) => {
        const { CONTAINER_ID, HOST = "", GATEWAYS = "" } = trafficOf(resource) ?? {};
        const container = docker.containers.find(({ id }) => id === CONTAINER_ID);
        if (resource.delete || container === undefined) return [];
        return GATEWAYS.split("\n").map((gateway) => ({
            urn: resource.urn ?? "",
            gateway,
            line: `${HOST} ${container.name}`,
        }));
    });
    const running = docker.containers.filter(
        ({ name, state }) => state === "running" && switched.some(({ gateway }) => gateway === name),
    );
    const targets = new Map(
        await Promise.all(running.map(async (gateway) => [gateway.name, await targetsIn(gateway)] as const)),
    );
    return switched
        .filter(({ gateway, line }) => targets.get(gateway)?.includes(line) === false)
        .map(({ urn, gateway }) => ({ urn, gateway }));
}

/** Lines of `<host> <container>`. Undefined if that is not known. */
async function targetsIn({ env, id }: Container): Promise<string[] | undefined> {
    const list = 'for file in "$0"/targets/*; do [ ! -e "$file" ] || echo "${file##*/} $(cat "$file")"; done';
    const output = await dockerAsync(env, "exec", id, "sh", "-c", list, ROUTES_DIRECTORY).catch(
        () => undefined,
    );
    return output?.split("\n");
}

/** Environment of the Command on a Swarm (components/gateway/swarm/scripts.ts): of an application, or of a gateway. */
interface SwarmRoutesEnvironment {
    OWNER?: string;
    GATEWAYS?: string;
    /** Set in a throwaway stack, which registers no routes with gateways of other stacks. */
    ONLY_STACK?: string;
    GATEWAY_LABEL?: string;
    OWNER_LABEL?: string;
    GATEWAY?: string;
    ROUTES_SERVICE?: string;
}

/**
 * Routes that a Swarm no longer has: somebody removed the routes service of a gateway, or created the Swarm again. A gateway
 * creates its routes service from all routes that the Swarm stores as secrets.
 */
export async function findRoutesLostBySwarm(
    resources: Resource[],
    { services }: EngineState,
    engines: Environment[],
): Promise<LostRoutes[]> {
    const registrations = resources.flatMap(({ type, urn = "", delete: isOld, inputs = {} }) => {
        const environment = (inputs.environment ?? {}) as SwarmRoutesEnvironment;
        const isOnSwarm = type === COMMAND && environment.OWNER_LABEL !== undefined;
        return isOnSwarm && !isOld ? [{ urn, ...environment }] : [];
    });
    const [{ GATEWAY_LABEL = "", OWNER_LABEL = "" } = {}] = registrations;
    if (registrations.length === 0) return [];
    const format = `{{.Label "${GATEWAY_LABEL}"}} {{.Label "${OWNER_LABEL}"}}`;
    const lists = await Promise.all(
        engines.map((env) => dockerAsync(env, "secret", "ls", "--format", format).catch(() => undefined)),
    );
    // No engine is a manager of a Swarm.
    if (lists.every((list) => list === undefined)) return [];
    const secrets = lists.flatMap((list = "") => list.split("\n"));
    return registrations.flatMap(({ urn, OWNER = "", GATEWAYS, GATEWAY, ROUTES_SERVICE, ONLY_STACK }) => {
        if (typeof GATEWAY === "string")
            return services.some(({ name }) => name === ROUTES_SERVICE) ? [] : [{ urn, gateway: GATEWAY }];
        const gateways = ONLY_STACK === "" && typeof GATEWAYS === "string" ? GATEWAYS.split("\n") : [];
        return gateways
            .filter((gateway) => gateway !== "" && !secrets.includes(`${gateway} ${OWNER}`))
            .map((gateway) => ({ urn, gateway }));
    });
}
