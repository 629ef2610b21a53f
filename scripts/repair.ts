/**
 * Repairs what a killed update leaves: `node scripts/repair.ts <project> <stack> <up|down>`.
 *
 * The engine records a resource only when its creation has returned. An update that is killed meanwhile can
 * leave a lock that nobody holds, operations that are pending for ever, and things in Docker that no state knows.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { addressAdvice, networksLeft } from "./address-pools.ts";
import { chosenPorts, findDrift, lookAt, takenPorts, type Recorded } from "./drift.ts";
import { enginesOf, isLocal, saidBy, told, type Environment } from "./engines.ts";
import { missingImages } from "./missing-images.ts";
import { named, orphansOf, removeOrphan } from "./orphans.ts";
import { claim } from "./owner.ts";
import { recover } from "./recover.ts";
import { stateDirectory } from "./state.ts";

interface Lock {
    pid: number;
    username: string;
    hostname: string;
}

interface Deployment {
    pending_operations?: { type: string; resource: { urn: string } }[];
    resources?: Recorded[];
}

/** As many as Docker has addresses for by default are more; below, nothing is asked. */
const MANY_NETWORKS = 20;
/** An application with a database and a cache takes two or three. */
const FEW_NETWORKS = 4;

const [project = "", stack = "", verb = ""] = process.argv.slice(2);
const { EXAMPLE, ORPHANS, PULUMI_BACKEND_URL = "" } = process.env;

const make = (target: string) => `make ${target}${EXAMPLE ? `-example NAME=${EXAMPLE}` : ""}`;
const which = stack === "dev" ? "" : ` STACK=${stack}`;

const state = stateDirectory(PULUMI_BACKEND_URL);
if (state) breakDeadLock(state);
const deployment = exported();
const { resources = [] } = deployment;
const engines = enginesOf(resources, dockerSettings);
refuseThatOfAnother(engines);
clearOrphans(engines);
bringBackAndClearPending().catch((error: unknown) => fail(saidBy(error) || String(error)));

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

/** Only of a local backend: elsewhere a lock may be that of another machine's update. */
function breakDeadLock(state: string): void {
    const folder = join(state, ".pulumi/locks/organization", project, stack);
    if (!existsSync(folder)) return;
    const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
    const locks = files.map((file) => readLock(join(folder, file)));
    const living = locks.find((lock) => lock && (lock.hostname !== hostname() || isPulumi(lock.pid)));
    if (living) {
        const { username, hostname: host, pid } = living;
        fail(`${username}@${host} is updating the stack ${stack} (process ${pid}): wait until it is done.`);
    }
    if (locks.length === 0) return;
    console.log("→ An update was killed: releasing its lock");
    pulumi("cancel", "--yes");
}

/** Undefined if a power cut has left the file empty. */
function readLock(file: string): Lock | undefined {
    try {
        return JSON.parse(readFileSync(file, "utf8")) as Lock;
    } catch {
        return undefined;
    }
}

/** The number may have gone to another program since; of a dead process that nobody buried, no command is left. */
function isPulumi(pid: number): boolean {
    const command = `/proc/${pid}/cmdline`;
    if (existsSync("/proc/self"))
        return existsSync(command) && readFileSync(command, "utf8").includes("pulumi");
    return spawnSync("kill", ["-0", String(pid)]).status === 0;
}

function exported(): Deployment {
    return (JSON.parse(pulumi("stack", "export")) as { deployment: Deployment }).deployment;
}

function dockerSettings(): Record<string, unknown> {
    const settings = JSON.parse(pulumi("config", "--json")) as Record<string, { value?: unknown }>;
    return Object.fromEntries(
        Object.entries(settings).map(([key, { value }]) => [key.replace(/^docker:/, ""), value]),
    );
}

function refuseThatOfAnother(engines: Environment[]): void {
    const ids = engines.map((env) => told(env, "{{.ID}}"));
    const owner = claim(project, stack, state, ids)?.replace(/\/\.drydock\/state$/, "");
    if (owner === undefined) return;
    // Nothing is to be left of one that was made just now.
    if (state && resources.length === 0) pulumi("stack", "rm", "--yes", "--preserve-config");
    const remedies = `give this one a name of its own, \`${make("up")} STACK=...\`, or run \`${make("down")}${which}\` there`;
    fail(`The stack ${stack} is up in the clone in ${owner}: ${remedies}.`);
}

/**
 * Where the state is far away nobody here knows whether an update is running, and orphans may be what it is making.
 * An update can go on beside them; a removal cannot, because with the stack goes the way to remove them.
 */
function clearOrphans(engines: Environment[]): void {
    const known = resources.flatMap(({ id }) => id ?? []);
    const orphans = orphansOf(project, stack, known, engines);
    if (orphans.length === 0) return;
    if (state || ORPHANS === "remove") {
        console.log(`→ An update was killed: removing what it left, ${named(orphans)}`);
        for (const orphan of orphans) removeOrphan(orphan);
        return;
    }
    const remedy = `${make(verb)}${which} ORPHANS=remove`;
    const sentence = `In Docker, but not in the state of ${stack}: ${named(orphans)}. If no update of it is running, a killed one has left them, and \`${remedy}\` removes them.`;
    if (verb === "down") fail(sentence);
    console.log(`→ ${sentence}`);
}

async function bringBackAndClearPending(): Promise<void> {
    if (verb === "up") await bringBack(deployment, engines);
    clearPending(deployment);
}

/** What was stopped, removed or cut off by hand is not seen by an update, which trusts the state. */
function remakeImages(isContainerMissing: boolean): void {
    const urns = missingImages(resources, isContainerMissing, engines).flatMap(({ urn }) => urn ?? []);
    if (urns.length === 0) return;
    const names = urns.map((urn) => urn.split("::").at(-1)).join(", ");
    console.log(`→ Images that are gone from Docker, to be made again: ${names}`);
    pulumi("state", "taint", "--yes", ...urns);
}

async function bringBack(
    { pending_operations: pending = [] }: Deployment,
    engines: Environment[],
): Promise<void> {
    const seen = await lookAt(engines, resources);
    const taken = await takenPorts(chosenPorts(resources), seen, engines.every(isLocal));
    if (seen.networks.length >= MANY_NETWORKS) for (const env of engines) warnOfFewAddresses(env);
    const drift = findDrift(resources, seen, taken);
    remakeImages(drift.missing.some(({ type }) => type === "docker:index/container:Container"));
    recover(drift, resources, {
        pulumi,
        preview: () => tryPulumi("preview", "--json").stdout,
        refreshed: pending.length > 0,
    });
}

/** Docker tells only by an error that it has no addresses left, and names no remedy. */
function warnOfFewAddresses(env: Environment): void {
    const left = networksLeft(env, isLocal(env));
    if (left !== undefined && left < FEW_NETWORKS) console.log(`→ ${addressAdvice(left)}`);
}

function clearPending({ pending_operations: pending = [] }: Deployment): void {
    if (pending.length === 0) return;
    console.log(`→ An update was killed: reading what became of ${pending.length} resources`);
    pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates");
}

function fail(sentence: string): never {
    console.error(`\n✗ ${sentence}`);
    process.exit(1);
}
