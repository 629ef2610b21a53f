/** Brings back what `drift.ts` has found: in Docker where that is enough, otherwise by the update that follows. */
import { spawnSync } from "node:child_process";
import { describe, tasksOn, type Container, type Drift, type Recorded } from "./drift.ts";
import { docker, saidBy } from "./engines.ts";

/** Seconds that a container which is started again has to become healthy, before the update goes on without it. */
const PATIENCE = 120;

/** Containers whose data belongs to one server. */
const DATABASE = /drydock:index:(PostgresService|RedisService)\$docker:index\/container:Container::/;

/** Steps after which a container is another one, or none. */
const ENDS = ["delete", "replace", "delete-replaced", "create-replacement"];

/** The update that follows. */
export interface Update {
    /** Runs Pulumi on the stack. */
    pulumi: (...args: string[]) => string;
    /** What `pulumi preview --json` prints, whether it fails or not. */
    preview: () => string;
    /** Whether all resources are going to be read anyway. */
    refreshed: boolean;
}

export function recover(drift: Drift, resources: Recorded[], { pulumi, preview, refreshed }: Update): void {
    const { missing, stopped, disconnected, stuck, takenPorts } = drift;
    const urnOf = ({ id }: Container) =>
        resources.flatMap((each) => (each.id === id ? (each.urn ?? []) : []));
    // In the state, a resource comes after what it depends on. Until that is back, this need not become healthy.
    const index = (id: string | undefined) => resources.findIndex((each) => each.id === id);
    const dependsOnMissing = ({ id }: Container) => missing.some((other) => index(other.id) < index(id));
    for (const { container, network, aliases } of disconnected) {
        console.log(`→ ${container.name} is cut off from its network: connecting it to ${network}`);
        const names = aliases.flatMap((alias) => ["--alias", alias]);
        attempt(container, "network", "connect", ...names, network, container.id);
    }
    // Stopped on purpose may be what the update removes, so that something else has its data: a service of a Swarm.
    const ending = stopped.length > 0 ? endingIn(preview()) : [];
    for (const container of stopped) {
        if (ending?.some((urn) => urnOf(container).includes(urn)) ?? true) continue;
        const [user] = usersOfData(container, resources);
        if (user !== undefined) {
            console.log(
                `→ ${container.name} does not run, and is not started: ${user} is at work on its data, and two servers ` +
                    `on the same files corrupt them. Stop it first: docker stop ${user}`,
            );
            continue;
        }
        const isPaused = container.state === "paused";
        console.log(`→ ${container.name} ${isPaused ? "is paused" : "does not run"}: starting it`);
        const started = attempt(container, isPaused ? "unpause" : "start", container.id);
        if (started && !dependsOnMissing(container)) waitUntilHealthy(container);
    }
    if (missing.length > 0) {
        console.log(`→ Gone from Docker, to be made again: ${missing.map(describe).join(", ")}`);
        const targets = missing.flatMap(({ urn = "" }) => ["--target", urn]);
        if (!refreshed) pulumi("refresh", "--yes", "--skip-preview", ...targets);
    }
    for (const { port } of takenPorts)
        console.log(`→ Port ${port}, which was chosen, is taken by another program: choosing another`);
    for (const { name } of stuck) console.log(`→ ${name} cannot be started as it is: replacing it`);
    const lostData = missing.filter(({ type }) => type.endsWith(":Volume")).flatMap(({ id = "" }) => id);
    const tasks = tasksOn(lostData, resources);
    if (lostData.length > 0)
        console.log(`→ The data of ${lostData.join(", ")} is gone with its volume: tasks run on the new one`);
    const replaced = [...takenPorts.map(({ urn }) => urn), ...stuck.flatMap(urnOf), ...tasks];
    if (replaced.length > 0) pulumi("state", "taint", "--yes", ...replaced);
}

/** What the update is going to replace or delete; undefined if there is no telling. */
function endingIn(plan: string): string[] | undefined {
    try {
        const { steps } = JSON.parse(plan) as { steps: { op: string; urn: string }[] };
        return steps.filter(({ op }) => ENDS.includes(op)).map(({ urn }) => urn);
    } catch {
        return undefined;
    }
}

/** Other containers that have the data of a database. An update asks too, and `docker start` does not (data-guard.ts). */
function usersOfData({ id, env }: Container, resources: Recorded[]): string[] {
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

/** What fails here is told, and left to the update. */
function attempt({ name, env }: Container, ...command: string[]): boolean {
    try {
        docker(env, ...command);
        return true;
    } catch (error) {
        console.log(`  ${name}: ${saidBy(error)}`);
        return false;
    }
}

/** What links to it is only started after it, as in an update. */
function waitUntilHealthy({ id, env }: Container): void {
    const format = "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}";
    const deadline = Date.now() + PATIENCE * 1000;
    while (
        Date.now() < deadline &&
        docker(env, "inspect", "--format", format, id).trim() === "running starting"
    )
        spawnSync("sleep", ["0.5"]);
}
