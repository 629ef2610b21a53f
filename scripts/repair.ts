/**
 * Repairs what a killed update left behind: `node scripts/repair.ts <project> <stack> <up|down>`.
 *
 * The engine records a resource once its creation returns. A killed update can leave a stale lock, pending operations,
 * and containers and networks in Docker that are not in the state.
 *
 * DATABASES_BEFORE is a file that it writes for summary.ts.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { addressAdvice, networksLeft } from "../cli/repair/address-pools.ts";
import { recordDatabases } from "../cli/repair/databases.ts";
import { findDrift, generatedPorts, readEngines, takenPorts, type EngineState } from "../cli/repair/drift.ts";
import {
    engineInfo,
    enginesOf,
    isLocal,
    stderrOf,
    type EngineInfo,
    type Environment,
} from "../cli/repair/engines.ts";
import { findMissingImages } from "../cli/repair/missing-images.ts";
import { findOrphans, listNames, removeOrphan, type Orphan } from "../cli/repair/orphans.ts";
import { claim } from "../cli/repair/owner.ts";
import { recover } from "../cli/repair/recover.ts";
import {
    readDeployment,
    repairState,
    stateDirectory,
    type Deployment,
    type Resource,
} from "../cli/repair/state.ts";

interface Lock {
    pid: number;
    username: string;
    hostname: string;
}

/** Below this number of networks, do not count: Docker's default address pools suffice for more. */
const MANY_NETWORKS = 20;
/** An application with a database and a cache takes two or three. */
const FEW_NETWORKS = 4;

const [project = "", stack = "", verb = ""] = process.argv.slice(2);
const { DATABASES_BEFORE, EXAMPLE, ORPHANS, PULUMI_BACKEND_URL = "" } = process.env;

const make = (target: string) => `make ${target}${EXAMPLE ? `-example NAME=${EXAMPLE}` : ""}`;
const stackArgument = stack === "dev" ? "" : ` STACK=${stack}`;
/** Undefined if the state is not in a directory of this machine. */
const state = stateDirectory(PULUMI_BACKEND_URL);

try {
    await repair();
} catch (error) {
    fail(stderrOf(error) || (error instanceof Error ? error.message : String(error)));
}

async function repair(): Promise<void> {
    if (state) {
        for (const sentence of repairState(state, project, stack)) console.log(`→ ${sentence}`);
        breakStaleLock(state);
    }
    const deployment = readDeployment(project, stack);
    const { resources = [] } = deployment;
    if (DATABASES_BEFORE) recordDatabases(DATABASES_BEFORE, resources);
    const engines = enginesOf(resources, dockerConfig);
    const knownIds = resources.flatMap(({ id }) => id ?? []);
    refuseForeignStack(resources, await Promise.all(engines.map(engineInfo)));
    const [orphans, dockerState] = await Promise.all([
        findOrphans(project, stack, knownIds, engines),
        readEngines(engines, resources),
    ]);
    clearOrphans(orphans);
    if (verb === "up") {
        // Orphans occupy ports and names until they are removed.
        const current = orphans.length > 0 ? await readEngines(engines, resources) : dockerState;
        await repairDrift(deployment, engines, current);
    }
    clearPending(deployment);
}

function pulumi(...args: string[]): string {
    const { ok, stdout, stderr } = tryPulumi(...args);
    if (!ok) fail(`pulumi ${args.slice(0, 2).join(" ")} failed:\n${stdout}${stderr}`);
    return stdout;
}

function tryPulumi(...args: string[]) {
    const options = { encoding: "utf8", maxBuffer: 1024 ** 3 } as const;
    const { status, stdout, stderr } = spawnSync("pulumi", [...args, "--stack", stack], options);
    return { ok: status === 0, stdout, stderr };
}

/** Only in a local backend: in another, the lock may belong to an update on another machine. */
function breakStaleLock(directory: string): void {
    const locksDirectory = join(directory, ".pulumi/locks/organization", project, stack);
    if (!existsSync(locksDirectory)) return;
    const files = readdirSync(locksDirectory).filter((file) => file.endsWith(".json"));
    const locks = files.map((file) => readLock(join(locksDirectory, file)));
    const held = locks.find((lock) => lock && (lock.hostname !== hostname() || isPulumi(lock.pid)));
    if (held) {
        const { username, hostname: host, pid } = held;
        fail(
            `${username}@${host} is updating the stack ${stack} (process ${pid}). Wait until it has finished.`,
        );
    }
    if (locks.length === 0) return;
    console.log("→ An update was killed. Releasing its lock");
    pulumi("cancel", "--yes");
}

/** Undefined if a power failure left the file empty. */
function readLock(file: string): Lock | undefined {
    try {
        return JSON.parse(readFileSync(file, "utf8")) as Lock;
    } catch {
        return undefined;
    }
}

/** The PID may have been reused, and a zombie has no command line. */
function isPulumi(pid: number): boolean {
    const command = `/proc/${pid}/cmdline`;
    if (existsSync("/proc/self"))
        return existsSync(command) && readFileSync(command, "utf8").includes("pulumi");
    return spawnSync("kill", ["-0", String(pid)]).status === 0;
}

/** The configuration of the Docker provider. `pulumi config` takes 0.2 seconds, so it runs only if there is some. */
function dockerConfig(): Record<string, unknown> {
    const files = ["Pulumi.yaml", `Pulumi.${stack}.yaml`];
    // Keys that set, import or move configuration.
    const mayConfigureDocker = (file: string) =>
        existsSync(file)
            ? /^\s*["']?(docker:|environment:|stackConfigDir:)/m.test(readFileSync(file, "utf8"))
            : file === "Pulumi.yaml";
    if (!files.some(mayConfigureDocker)) return {};
    const config = JSON.parse(pulumi("config", "--json")) as Record<string, { value?: unknown }>;
    return Object.fromEntries(
        Object.entries(config).map(([key, { value }]) => [key.replace(/^docker:/, ""), value]),
    );
}

/** Fails if another clone on this machine has a stack of this name on the same Docker Engine. */
function refuseForeignStack(resources: Resource[], engines: EngineInfo[]): void {
    const ids = engines.map(({ id }) => id);
    const owner = claim(project, stack, state, ids)?.replace(/\/\.drydock\/state$/, "");
    if (owner === undefined) return;
    // Remove the stack again if this run created it.
    if (state && resources.length === 0) pulumi("stack", "rm", "--yes", "--preserve-config");
    const remedies = `Give this one another name, \`${make("up")} STACK=...\`, or run \`${make("down")}${stackArgument}\` there`;
    fail(`The clone in ${owner} already runs the stack ${stack}. ${remedies}.`);
}

/**
 * With a remote backend, an update may be running on another machine, and the orphans may be what it is creating. An
 * update can go on beside them. A removal cannot: without the stack, nothing would remove them.
 */
function clearOrphans(orphans: Orphan[]): void {
    if (orphans.length === 0) return;
    if (state || ORPHANS === "remove") {
        console.log(`→ An update was killed. Removing what it left: ${listNames(orphans)}`);
        for (const orphan of orphans) removeOrphan(orphan);
        return;
    }
    const remedy = `${make(verb)}${stackArgument} ORPHANS=remove`;
    const sentence = `In Docker, but not in the state of ${stack}: ${listNames(orphans)}. If no update is running, a killed one left them. Remove them with \`${remedy}\`.`;
    if (verb === "down") fail(sentence);
    console.log(`→ ${sentence}`);
}

/** An update trusts the state: it does not notice what somebody stopped, removed or disconnected by hand. */
async function repairDrift(
    { pending_operations: pending = [], resources = [] }: Deployment,
    engines: Environment[],
    dockerState: EngineState,
): Promise<void> {
    const taken = await takenPorts(generatedPorts(resources), dockerState, engines.every(isLocal));
    if (dockerState.networks.length >= MANY_NETWORKS) for (const env of engines) warnOfFewAddresses(env);
    const drift = findDrift(resources, dockerState, taken);
    const isContainerMissing = drift.missing.some(({ type }) => type === "docker:index/container:Container");
    await taintMissingImages(resources, isContainerMissing, engines);
    recover(drift, resources, {
        pulumi,
        preview: () => tryPulumi("preview", "--json").stdout,
        refreshed: pending.length > 0,
    });
}

async function taintMissingImages(
    resources: Resource[],
    isContainerMissing: boolean,
    engines: Environment[],
): Promise<void> {
    const missing = await findMissingImages(resources, isContainerMissing, engines);
    const urns = missing.flatMap(({ urn }) => urn ?? []);
    if (urns.length === 0) return;
    const names = urns.map((urn) => urn.split("::").at(-1)).join(", ");
    console.log(`→ Images missing in Docker, to be built or pulled again: ${names}`);
    pulumi("state", "taint", "--yes", ...urns);
}

/** Docker's own error does not name a remedy. */
function warnOfFewAddresses(env: Environment): void {
    const left = networksLeft(env, isLocal(env));
    if (left !== undefined && left < FEW_NETWORKS) console.log(`→ ${addressAdvice(left)}`);
}

function clearPending({ pending_operations: pending = [] }: Deployment): void {
    if (pending.length === 0) return;
    console.log(`→ An update was killed. Refreshing the ${pending.length} resources that it was changing`);
    pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates");
}

function fail(sentence: string): never {
    console.error(`\n✗ ${sentence}`);
    process.exit(1);
}
