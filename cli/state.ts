/** Reads the state of a stack. repair/state-files.ts repairs the files of a file backend. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { COMMAND } from "./resource-types.ts";

/** A resource as the state records it. */
export interface Resource {
    type: string;
    urn?: string;
    id?: string;
    inputs?: Record<string, unknown>;
    outputs?: Record<string, unknown>;
    /** URN of its parent. */
    parent?: string;
    /** URNs of the resources that it uses. */
    dependencies?: string[];
    /** URN and ID of its provider: `<urn>::<id>`. */
    provider?: string;
    /** Whether it was replaced and the next update deletes it. */
    delete?: boolean;
    /** Whether Pulumi refuses to delete it. */
    protect?: boolean;
    /** Whether it was read and not created. */
    external?: boolean;
}

/** Environment of a Command `<name>-traffic`, which switches traffic to a container (components/gateway/switch-traffic.sh). */
export type Traffic = Record<
    | "CONTAINER_ID"
    | "HOST"
    | "SHARED_HOST"
    | "NETWORKS"
    | "OWN_NETWORK"
    | "ALIASES"
    | "GATEWAYS"
    | "GATEWAY_NETWORKS",
    string
>;

export function trafficOf({ type, urn = "", inputs = {} }: Resource): Traffic | undefined {
    const isTraffic = type === COMMAND && urn.endsWith("-traffic");
    const { CONTAINER_ID, GATEWAY_NETWORKS } = (inputs.environment ?? {}) as Partial<Traffic>;
    if (!isTraffic || CONTAINER_ID === undefined || GATEWAY_NETWORKS === undefined) return undefined;
    return inputs.environment as Traffic;
}

/** Name of the image that a Command `<name>-image` stands for (components/shared/buildx.ts). Its output is the image's ID or digest. */
export function imageBuiltBy({ type, inputs = {} }: Pick<Resource, "type" | "inputs">): string | undefined {
    const { BUILT_IMAGE } = (inputs.environment ?? {}) as { BUILT_IMAGE?: unknown };
    return type === COMMAND && typeof BUILT_IMAGE === "string" ? BUILT_IMAGE : undefined;
}

/**
 * The gateways in which an application has routes (components/gateway/registration.ts). Undefined for other resources, and
 * in a throwaway stack, whose routes are in its own gateways only.
 */
export function routesOf({
    type,
    urn = "",
    delete: isOld,
    inputs = {},
}: Resource): { owner: string; gateways: string[] } | undefined {
    const isRoutes = type === COMMAND && urn.endsWith("-routes") && !isOld;
    const { OWNER, GATEWAYS, ONLY_STACK } = (inputs.environment ?? {}) as Record<string, unknown>;
    if (!isRoutes || ONLY_STACK !== "" || typeof OWNER !== "string" || typeof GATEWAYS !== "string")
        return undefined;
    return { owner: OWNER, gateways: GATEWAYS.split("\n").filter((gateway) => gateway !== "") };
}

/** Environment of the Command that registers an application's routes in gateways on a Swarm (components/gateway/swarm/app-routes.sh). */
export type SwarmRegistration = Record<
    "GATEWAY_LABEL" | "OWNER_LABEL" | "PATHS_LABEL" | "OWNER" | "GATEWAYS",
    string
>;

export function swarmRegistrationOf({ type, inputs = {} }: Resource): SwarmRegistration | undefined {
    const { PATHS_LABEL, GATEWAYS } = (inputs.environment ?? {}) as Partial<SwarmRegistration>;
    const isRegistration = type === COMMAND && PATHS_LABEL !== undefined && GATEWAYS !== undefined;
    return isRegistration ? (inputs.environment as SwarmRegistration) : undefined;
}

/** Since version 4 the file also lists the features that the state uses; its resources are as before. */
const CHECKPOINT_VERSIONS = [3, 4];

export interface Deployment {
    pending_operations?: { type: string; resource: { urn: string } }[];
    resources?: Resource[];
}

/**
 * Reads what `pulumi stack export` prints. The file of a file backend has the same, and is read directly: the command
 * takes 0.2 seconds.
 *
 * @param directory of the project
 * @throws Error if Pulumi cannot read the state; SyntaxError if the file of a file backend is truncated
 */
export async function readDeployment(
    project: string,
    stack: string,
    { directory = ".", backend = process.env.PULUMI_BACKEND_URL ?? "" } = {},
): Promise<Deployment> {
    const state = stateDirectory(backend);
    const checkpoint = state === undefined ? undefined : readCheckpoint(state, project, stack);
    return checkpoint ?? exportDeployment(directory, stack);
}

/**
 * Whether a file backend has the stack.
 *
 * @param directory undefined for any other backend
 */
export function hasCheckpoint(directory: string | undefined, project: string, stack: string): boolean {
    if (directory === undefined) return false;
    const file = join(directory, ".pulumi/stacks", project, `${stack}.json`);
    return existsSync(file) || existsSync(`${file}.gz`);
}

/** Undefined if the file is missing, compressed, or of another version. */
export function readCheckpoint(directory: string, project: string, stack: string): Deployment | undefined {
    const file = join(directory, ".pulumi/stacks", project, `${stack}.json`);
    if (!existsSync(file) || existsSync(`${file}.gz`)) return undefined;
    const { version, checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
        version?: number;
        checkpoint?: { latest?: Deployment };
    };
    return CHECKPOINT_VERSIONS.includes(version ?? 0) ? checkpoint?.latest : undefined;
}

/** Not by the Automation API: it exports with `--show-secrets`, which needs the passphrase of the stack. */
async function exportDeployment(directory: string, stack: string): Promise<Deployment> {
    const options = { cwd: directory, maxBuffer: 1024 ** 3 };
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "export", "--stack", stack], options);
    return (JSON.parse(stdout) as { deployment: Deployment }).deployment;
}

/** The directory of a file backend. Undefined for any other backend, and for a directory that does not exist. */
export function stateDirectory(backendUrl: string): string | undefined {
    if (!backendUrl.startsWith("file://")) return undefined;
    const [path = ""] = backendUrl.slice("file://".length).split("?");
    const directory = path.replace(/^~(?=\/|$)/, homedir());
    return existsSync(join(directory, ".pulumi")) ? realpathSync(directory) : undefined;
}
