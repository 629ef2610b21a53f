/** Repairs the drift that drift.ts finds: in Docker where that is enough, otherwise through the next update. */
import { setTimeout as sleep } from "node:timers/promises";
import { progress, warn } from "../output.ts";
import { describe, tasksOn, type Container, type Drift } from "./drift.ts";
import { docker, stderrOf } from "../docker-environment.ts";
import type { Resource } from "../state.ts";

/** How long to wait for a started container to become healthy, in seconds. The update then continues anyway. */
const HEALTH_TIMEOUT = 120;

/** Containers whose data belongs to one server. */
const DATABASE = /drydock:index:(PostgresService|RedisService|Service)\$docker:index\/container:Container::/;

/** Steps that replace or delete a container. */
const ENDING_OPERATIONS = ["delete", "replace", "delete-replaced", "create-replacement"];

/** The update that follows. */
export interface Update {
    /** Runs Pulumi on the stack. */
    pulumi: (...args: string[]) => string;
    /** Returns what `pulumi preview --json` prints, even if it fails. */
    preview: () => string;
    /** Whether the caller refreshes all resources anyway. */
    refreshed: boolean;
}

export async function recover(
    drift: Drift,
    resources: Resource[],
    { pulumi, preview, refreshed }: Update,
): Promise<void> {
    const { missing, stopped, disconnected, stuck, takenPorts } = drift;
    const urnOf = ({ id }: Container) =>
        resources.flatMap((each) => (each.id === id ? (each.urn ?? []) : []));
    // In the state, a resource follows its dependencies. While one of those is missing, a container need not be healthy.
    const index = (id: string | undefined) => resources.findIndex((each) => each.id === id);
    const dependsOnMissing = ({ id }: Container) => missing.some((other) => index(other.id) < index(id));
    for (const { container, network, aliases } of disconnected) {
        progress(`${container.name} is disconnected from its network. Connecting it to ${network}`);
        const names = aliases.flatMap((alias) => ["--alias", alias]);
        attempt(container, "network", "connect", ...names, network, container.id);
    }
    // Somebody may have stopped a container because this update removes it, for example to move its data to a Swarm.
    const ending = stopped.length > 0 ? endingUrns(preview()) : [];
    for (const container of stopped) {
        if (ending?.some((urn) => urnOf(container).includes(urn)) ?? true) continue;
        const [user] = usersOfData(container, resources);
        if (user !== undefined) {
            progress(
                `${container.name} is not running. Not starting it: ${user} uses its data, and two servers on the same ` +
                    `files corrupt them. Stop ${user} first: \`docker stop ${user}\``,
            );
            continue;
        }
        const isPaused = container.state === "paused";
        progress(`${container.name} ${isPaused ? "is paused" : "is not running"}. Starting it`);
        const started = attempt(container, isPaused ? "unpause" : "start", container.id);
        if (started && !dependsOnMissing(container)) await waitUntilHealthy(container);
    }
    if (missing.length > 0) {
        progress(`Missing in Docker; creating again: ${missing.map(describe).join(", ")}`);
        const targets = missing.flatMap(({ urn = "" }) => ["--target", urn]);
        if (!refreshed) pulumi("refresh", "--yes", "--skip-preview", ...targets);
    }
    for (const { port } of takenPorts)
        progress(`Another program listens on the generated port ${port}. Generating another`);
    for (const { name, state } of stuck) {
        const reason =
            state === "dead" ? "Docker could not remove it completely" : "its network no longer exists";
        progress(`${name} cannot start, because ${reason}. Replacing it`);
    }
    const lostData = missing.filter(({ type }) => type.endsWith(":Volume")).flatMap(({ id = "" }) => id);
    const tasks = tasksOn(lostData, resources);
    if (lostData.length > 0)
        progress(
            `The volume ${lostData.join(", ")} no longer exists, and its data is lost. Tasks run again on the new volume`,
        );
    const replaced = [...takenPorts.map(({ urn }) => urn), ...stuck.flatMap(urnOf), ...tasks];
    if (replaced.length > 0) pulumi("state", "taint", "--yes", ...replaced);
}

/** The URNs that the update is going to replace or delete. Undefined if the preview cannot be read. */
function endingUrns(plan: string): string[] | undefined {
    try {
        const { steps } = JSON.parse(plan) as { steps: { op: string; urn: string }[] };
        return steps.filter(({ op }) => ENDING_OPERATIONS.includes(op)).map(({ urn }) => urn);
    } catch {
        return undefined;
    }
}

/** Other containers that use the data of a database. An update checks this too; `docker start` does not (data-guard.ts). */
function usersOfData({ id, env }: Container, resources: Resource[]): string[] {
    const { urn = "", inputs = {} } = resources.find((each) => each.id === id) ?? {};
    if (!DATABASE.test(urn) || !Array.isArray(inputs.volumes)) return [];
    const sources = (inputs.volumes as { volumeName?: unknown; hostPath?: unknown }[])
        .flatMap(({ volumeName, hostPath }) => [volumeName, hostPath])
        .filter((source): source is string => typeof source === "string" && source !== "");
    if (sources.length === 0) return [];
    const filters = sources.flatMap((source) => ["--filter", `volume=${source}`]);
    const ids = docker(env, "ps", "--quiet", "--no-trunc", ...filters).split("\n");
    const others = ids.filter((other) => other !== "" && other !== id);
    if (others.length === 0) return [];
    const format = '{"name":{{json .Name}},"mounts":{{json .Mounts}}}';
    const lines = docker(env, "inspect", "--type", "container", "--format", format, ...others).split("\n");
    return lines.filter(Boolean).flatMap((line) => {
        const { name, mounts } = JSON.parse(line) as Inspected;
        const has = ({ Name = "", Source = "", RW }: Inspected["mounts"][0]) =>
            RW && (sources.includes(Name) || sources.includes(Source));
        return mounts.some(has) ? [name.replace(/^\//, "")] : [];
    });
}

interface Inspected {
    name: string;
    mounts: { Name?: string; Source?: string; RW: boolean }[];
}

/** Runs a docker command. Only warns if it fails: the update may still succeed. */
function attempt({ name, env }: Container, ...command: string[]): boolean {
    try {
        docker(env, ...command);
        return true;
    } catch (error) {
        warn(`${name}: ${stderrOf(error)}`);
        return false;
    }
}

/** As in an update, containers that link to this one start once it is healthy. */
async function waitUntilHealthy({ id, env }: Container): Promise<void> {
    const format = "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}";
    const deadline = Date.now() + HEALTH_TIMEOUT * 1000;
    while (
        Date.now() < deadline &&
        docker(env, "inspect", "--format", format, id).trim() === "running starting"
    )
        await sleep(500);
}
