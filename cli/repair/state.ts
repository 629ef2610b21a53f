/** The state of a stack, and the files of a Pulumi file backend: reads them, and repairs them after a kill or a power failure. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { COMMAND } from "../resource-types.ts";

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
 * @throws Error if Pulumi cannot read the state
 */
export function readDeployment(project: string, stack: string): Deployment {
    const directory = stateDirectory(process.env.PULUMI_BACKEND_URL ?? "");
    const checkpoint = directory === undefined ? undefined : readCheckpoint(directory, project, stack);
    return checkpoint ?? exportDeployment(stack);
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

function exportDeployment(stack: string): Deployment {
    const options = { encoding: "utf8", maxBuffer: 1024 ** 3 } as const;
    const { status, stdout, stderr } = spawnSync("pulumi", ["stack", "export", "--stack", stack], options);
    if (status !== 0) throw new Error(`pulumi stack export failed:\n${stdout}${stderr}`);
    return (JSON.parse(stdout) as { deployment: Deployment }).deployment;
}

/** The directory of a file backend. Undefined for any other backend, and for a directory that does not exist. */
export function stateDirectory(backendUrl: string): string | undefined {
    if (!backendUrl.startsWith("file://")) return undefined;
    const [path = ""] = backendUrl.slice("file://".length).split("?");
    const directory = path.replace(/^~(?=\/|$)/, homedir());
    return existsSync(join(directory, ".pulumi")) ? realpathSync(directory) : undefined;
}

/**
 * Repairs what keeps Pulumi from reading the state.
 *
 * @returns a sentence for each repair
 * @throws Error if the state cannot be read and there is no copy of it
 */
export function repairState(directory: string, project: string, stack: string): string[] {
    const root = join(directory, ".pulumi");
    return [...removeBrokenAttributes(root), ...restoreState(root, project, stack)];
}

/**
 * Pulumi writes an attributes file beside each of its files, and not atomically. A kill leaves it empty, and Pulumi then
 * refuses the file itself, which is intact ("failed to load checkpoint: EOF"). Without attributes it reads the file.
 */
function removeBrokenAttributes(root: string): string[] {
    const broken = readdirSync(root, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".attrs"))
        .filter((file) => !isJson(join(root, file)));
    for (const file of broken) rmSync(join(root, file), { force: true });
    return broken.map(
        (file) => `An update was killed. Removing ${file}, which keeps Pulumi from reading the state`,
    );
}

/**
 * A missing state is restored only if a lock is left: without one, the stack was removed. An empty or cut-off state
 * is always restored.
 */
function restoreState(root: string, project: string, stack: string): string[] {
    const state = join(root, "stacks", project, `${stack}.json`);
    // If Pulumi compresses the state, the uncompressed file is an old one.
    if (existsSync(`${state}.gz`)) return [];
    const isMissing = !existsSync(state);
    if (isMissing && !isLocked(root, project, stack)) return [];
    if (!isMissing && isJson(state)) return [];
    const copy = copiesOf(root, project, stack).find(isJson);
    if (copy !== undefined) {
        copyFileSync(copy, state);
        return [`An update was killed while it wrote its state. Restoring the previous state from ${copy}`];
    }
    if (isMissing) return [];
    throw new Error(
        `The state of ${stack} is truncated, and Pulumi has no copy of it. Restore ${state} from your own backup. ` +
            `If you have none, delete that file: the next update keeps the volumes and creates everything else again.`,
    );
}

function isLocked(root: string, project: string, stack: string): boolean {
    return filesIn(join(root, "locks/organization", project, stack)).some((file) => file.endsWith(".json"));
}

/** The copies that Pulumi keeps: the state before the last step, and the one after each update, latest first. */
function copiesOf(root: string, project: string, stack: string): string[] {
    const backups = filesIn(join(root, "backups", project, stack)).filter((file) => file.endsWith(".json"));
    const byTime = backups.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
    return [join(root, "stacks", project, `${stack}.json.bak`), ...byTime];
}

function filesIn(directory: string): string[] {
    return existsSync(directory) ? readdirSync(directory).map((file) => join(directory, file)) : [];
}

function isJson(file: string): boolean {
    try {
        JSON.parse(readFileSync(file, "utf8"));
        return true;
    } catch {
        return false;
    }
}
