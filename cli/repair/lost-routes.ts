import { ROUTES_DIRECTORY } from "../../components/gateway/directories.ts";
import type { Container, EngineState } from "./drift.ts";
import { dockerAsync } from "./engines.ts";
import type { Resource } from "./state.ts";

/** Routes of an application that a gateway no longer has, because it has lost its volume. */
export interface LostRoutes {
    /** URN of the Command `<name>-routes`, which registers them. */
    urn: string;
    gateway: string;
}

/** Environment of the Command (components/gateway/registration.ts). */
interface Registration {
    OWNER?: string;
    GATEWAYS?: string;
    /** Set in a throwaway stack, which registers no routes with gateways of other stacks. */
    ONLY_STACK?: string;
}

/** @param missing resources that Docker no longer has */
export async function findLostRoutes(
    resources: Resource[],
    docker: EngineState,
    missing: Resource[],
): Promise<LostRoutes[]> {
    const registered = resources.flatMap(({ type, urn = "", delete: isOld, inputs = {} }) => {
        const isRoutes = type === "command:local:Command" && urn.endsWith("-routes");
        const { OWNER, GATEWAYS, ONLY_STACK } = (inputs.environment ?? {}) as Registration;
        if (!isRoutes || isOld || ONLY_STACK !== "" || typeof GATEWAYS !== "string") return [];
        return GATEWAYS.split("\n").map((gateway) => ({ urn, gateway, owner: OWNER }));
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
    return registered.flatMap(({ urn, gateway, owner = "" }) =>
        owners.get(gateway)?.includes(owner) === false ? [{ urn, gateway }] : [],
    );
}

/** The owners whose routes a gateway has. Undefined if that is not known. */
async function ownersIn(
    container: Container | undefined,
    gateway: string,
    lostVolumes: string[],
): Promise<string[] | undefined> {
    // The update creates both again.
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
