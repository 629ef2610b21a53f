/**
 * Repairs what a killed update left behind.
 *
 * The engine records a resource once its creation returns. A killed update can leave a stale lock, pending operations,
 * and in Docker containers, networks and, on a Swarm, services, secrets and configs that are not in the state.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { CommandError } from "../exit-codes.ts";
import { progress } from "../output.ts";
import { configFile, type Stack } from "../project.ts";
import { addressAdvice, networksLeft } from "./address-pools.ts";
import { findDrift, generatedPorts, readEngines, takenPorts, type EngineState } from "./drift.ts";
import { engineInfo, enginesOf, isLocal, type EngineInfo, type Environment } from "../docker-environment.ts";
import { breakStaleLock } from "./lock.ts";
import { findLostRoutes, findRoutesLostBySwarm, findStaleTargets } from "./lost-routes.ts";
import { findMissingImages } from "./missing-images.ts";
import { findOrphans, listNames, removeOrphan, type Orphan } from "./orphans.ts";
import { claim } from "./owner.ts";
import { recover } from "./recover.ts";
import { stateDirectory, type Deployment, type Resource } from "../state.ts";
import { repairState } from "./state-files.ts";
import { CONTAINER } from "../resource-types.ts";

export interface RepairOptions {
    /** In the project in the working directory. */
    stack: Stack;
    /** The update that follows. */
    verb: "up" | "down";
    /** Whether to remove orphans with a remote backend too. */
    removeOrphans: boolean;
    /** Whether to wait until another update has finished. */
    wait: boolean;
}

/** Below this number of networks, skip the count of free subnets: Docker's default address pools suffice for more. */
const MANY_NETWORKS = 20;
/** An application with a database and a cache takes two or three. */
const FEW_NETWORKS = 4;

/**
 * Repairs a stack before an update.
 *
 * @returns the state before the update
 */
export async function repair(options: RepairOptions): Promise<Deployment> {
    const { verb } = options;
    const { name: stack } = options.stack;
    const { name: project } = options.stack.project;
    /** Undefined if the state is not in a directory of this machine. */
    const state = stateDirectory(process.env.PULUMI_BACKEND_URL ?? "");
    if (state) {
        for (const sentence of repairState(state, project, stack)) progress(sentence);
        await breakStaleLock(state, {
            project,
            stack,
            wait: options.wait,
            cancel: () => pulumi(stack, "cancel", "--yes"),
        });
    }
    const deployment = await options.stack.deployment();
    const { resources = [] } = deployment;
    const engines = enginesOf(resources, () => dockerConfig(options.stack));
    const knownIds = resources.flatMap(({ id }) => id ?? []);
    refuseForeignStack(options, state, resources, await Promise.all(engines.map(engineInfo)));
    const [orphans, dockerState] = await Promise.all([
        findOrphans(project, stack, knownIds, engines),
        readEngines(engines, resources),
    ]);
    await clearOrphans(options, state, orphans);
    if (verb === "up") {
        // Orphans occupy ports and names until they are removed.
        const current = orphans.length > 0 ? await readEngines(engines, resources) : dockerState;
        await repairDrift(stack, deployment, engines, current);
    }
    clearPending(stack, deployment);
    return deployment;
}

/** Runs Pulumi on a stack of the project in the working directory. */
export function pulumi(stack: string, ...args: string[]): string {
    const { ok, stdout, stderr } = tryPulumi(stack, ...args);
    if (!ok)
        throw new CommandError(
            `pulumi ${args.slice(0, 2).join(" ")} failed:\n${`${stdout}${stderr}`.trim()}`,
        );
    return stdout;
}

function tryPulumi(stack: string, ...args: string[]) {
    const options = { encoding: "utf8", maxBuffer: 1024 ** 3 } as const;
    const { status, stdout, stderr } = spawnSync("pulumi", [...args, "--stack", stack], options);
    return { ok: status === 0, stdout, stderr };
}

/** The configuration of the Docker provider. `pulumi config` takes 0.2 seconds, so it runs only if there may be some. */
function dockerConfig(stack: Stack): Record<string, unknown> {
    const files = ["Pulumi.yaml", configFile(stack)];
    // Keys that set or import configuration.
    const mayConfigureDocker = (file: string) =>
        existsSync(file)
            ? /^\s*["']?(docker:|environment:)/m.test(readFileSync(file, "utf8"))
            : file === "Pulumi.yaml";
    if (!files.some(mayConfigureDocker)) return {};
    const config = JSON.parse(pulumi(stack.name, "config", "--json")) as Record<string, { value?: unknown }>;
    return Object.fromEntries(
        Object.entries(config).map(([key, { value }]) => [key.replace(/^docker:/, ""), value]),
    );
}

/** Fails if another clone's state on this machine has a stack of this name on the same Docker Engine. */
function refuseForeignStack(
    { stack: { name: stack, project, option } }: RepairOptions,
    state: string | undefined,
    resources: Resource[],
    engines: EngineInfo[],
): void {
    const ids = engines.map(({ id }) => id);
    const owner = claim(project.name, stack, state, ids)?.replace(/\/\.drydock\/state$/, "");
    if (owner === undefined) return;
    // Remove the stack again if this run created it.
    if (state && resources.length === 0) pulumi(stack, "stack", "rm", "--yes", "--preserve-config");
    throw new CommandError(
        `The project in ${owner} already runs the stack ${stack}`,
        `Give this one another name, \`drydock up --stack <name>\`, or run \`drydock down${option}\` there.`,
    );
}

/**
 * With a remote backend, an update may be running on another machine, and may be creating the orphans. An update can
 * continue beside them. A removal cannot: without the stack, nothing would ever remove them.
 */
async function clearOrphans(
    { stack, verb, removeOrphans }: RepairOptions,
    state: string | undefined,
    orphans: Orphan[],
): Promise<void> {
    if (orphans.length === 0) return;
    if (state || removeOrphans) {
        progress(`An update was killed. Removing what it left: ${listNames(orphans)}`);
        for (const orphan of orphans) await removeOrphan(orphan);
        return;
    }
    const sentence = `In Docker, but not in the state of ${stack.name}: ${listNames(orphans)}`;
    const remedy = `If no update is running, an update that was killed left them behind. Remove them with \`drydock ${verb}${stack.option} --remove-orphans\`.`;
    if (verb === "down") throw new CommandError(sentence, remedy);
    progress(`${sentence}. ${remedy}`);
}

/** An update trusts the state: it does not notice what somebody stopped, removed or disconnected by hand. */
async function repairDrift(
    stack: string,
    { pending_operations: pending = [], resources = [] }: Deployment,
    engines: Environment[],
    dockerState: EngineState,
): Promise<void> {
    const taken = await takenPorts(generatedPorts(resources), dockerState, engines.every(isLocal));
    if (dockerState.networks.length >= MANY_NETWORKS) for (const env of engines) warnOfFewAddresses(env);
    const drift = findDrift(resources, dockerState, taken);
    const isContainerMissing = drift.missing.some(({ type }) => type === CONTAINER);
    await taintMissingImages(stack, resources, isContainerMissing, engines);
    await taintLostRoutes(stack, resources, dockerState, drift.missing, engines);
    await taintStaleTargets(stack, resources, dockerState);
    await recover(drift, resources, {
        pulumi: (...args) => pulumi(stack, ...args),
        preview: () => tryPulumi(stack, "preview", "--json").stdout,
        refreshed: pending.length > 0,
    });
}

async function taintMissingImages(
    stack: string,
    resources: Resource[],
    isContainerMissing: boolean,
    engines: Environment[],
): Promise<void> {
    const missing = await findMissingImages(resources, isContainerMissing, engines);
    const urns = missing.flatMap(({ urn }) => urn ?? []);
    if (urns.length === 0) return;
    const names = urns.map((urn) => urn.split("::").at(-1)).join(", ");
    progress(`Images are missing in Docker; building or pulling again: ${names}`);
    pulumi(stack, "state", "taint", "--yes", ...urns);
}

async function taintLostRoutes(
    stack: string,
    resources: Resource[],
    dockerState: EngineState,
    missing: Resource[],
    engines: Environment[],
): Promise<void> {
    const lost = [
        ...(await findLostRoutes(resources, dockerState, missing)),
        ...(await findRoutesLostBySwarm(resources, dockerState, engines)),
    ];
    if (lost.length === 0) return;
    const gateways = [...new Set(lost.map(({ gateway }) => gateway))].join(", ");
    progress(`Gateways have lost the routes of this stack; registering them again: ${gateways}`);
    pulumi(stack, "state", "taint", "--yes", ...new Set(lost.map(({ urn }) => urn)));
}

async function taintStaleTargets(
    stack: string,
    resources: Resource[],
    dockerState: EngineState,
): Promise<void> {
    const stale = await findStaleTargets(resources, dockerState);
    if (stale.length === 0) return;
    const gateways = [...new Set(stale.map(({ gateway }) => gateway))].join(", ");
    progress(`Gateways send requests to old containers; correcting them: ${gateways}`);
    pulumi(stack, "state", "taint", "--yes", ...new Set(stale.map(({ urn }) => urn)));
}

/** Docker's own error does not name a remedy. */
function warnOfFewAddresses(env: Environment): void {
    const left = networksLeft(env, isLocal(env));
    if (left !== undefined && left < FEW_NETWORKS) progress(addressAdvice(left));
}

function clearPending(stack: string, { pending_operations: pending = [] }: Deployment): void {
    if (pending.length === 0) return;
    progress("An update was killed while it was changing resources. Refreshing the state");
    pulumi(stack, "refresh", "--yes", "--skip-preview", "--clear-pending-creates");
}
