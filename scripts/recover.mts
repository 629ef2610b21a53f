/** Brings back what `drift.mts` has found: in Docker where that is enough, otherwise by the update that follows. */
import { spawnSync } from "node:child_process";
import { describe, tasksOn, type Container, type Drift, type Recorded } from "./drift.mts";
import { docker, saidBy } from "./engines.mts";

/** Seconds that a container which is started again has to become healthy, before the update goes on without it. */
const PATIENCE = 120;

/**
 * @param pulumi runs Pulumi on the stack
 * @param refreshed whether all resources are going to be read anyway
 */
export function recover(
    drift: Drift,
    resources: Recorded[],
    pulumi: (...args: string[]) => string,
    refreshed: boolean,
): void {
    const { missing, stopped, disconnected, stuck, takenPorts } = drift;
    // In the state, a resource comes after what it depends on. Until that is back, this need not become healthy.
    const index = (id: string | undefined) => resources.findIndex((each) => each.id === id);
    const dependsOnMissing = ({ id }: Container) => missing.some((other) => index(other.id) < index(id));
    for (const { container, network, aliases } of disconnected) {
        console.log(`→ ${container.name} is cut off from its network: connecting it to ${network}`);
        const names = aliases.flatMap((alias) => ["--alias", alias]);
        attempt(container, "network", "connect", ...names, network, container.id);
    }
    for (const container of stopped) {
        const isPaused = container.state === "paused";
        console.log(`→ ${container.name} ${isPaused ? "is paused" : "does not run"}: starting it`);
        const started = attempt(container, isPaused ? "unpause" : "start", container.id);
        if (started && !dependsOnMissing(container)) waitUntilHealthy(container);
    }
    if (missing.length > 0) {
        console.log(`→ Removed from Docker by hand: ${missing.map(describe).join(", ")}. Making it again`);
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
    const urnOf = ({ id }: Container) =>
        resources.flatMap((each) => (each.id === id ? (each.urn ?? []) : []));
    const replaced = [...takenPorts.map(({ urn }) => urn), ...stuck.flatMap(urnOf), ...tasks];
    if (replaced.length > 0) pulumi("state", "taint", "--yes", ...replaced);
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
