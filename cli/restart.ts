/** Restarts containers, and waits until they are healthy. */
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "./exit-codes.ts";
import type { PlacedProcess } from "./stack-inventory.ts";
import { readService } from "./swarm.ts";

/** Of a container without a time of its own, in seconds. */
const DEFAULT_TIMEOUT = 60;

/** How long a container without a health check must run, in seconds. */
const MINIMUM_UPTIME = 5;

const INTERVAL = 500;

/** @throws CommandError if it is not healthy in time */
export async function restartProcess(process: PlacedProcess): Promise<void> {
    await (process.isService ? restartService(process) : restartContainer(process));
}

async function restartContainer({ engine, id, resource, waitTimeout = DEFAULT_TIMEOUT }: PlacedProcess) {
    const container = engine.docker.getContainer(id);
    // Without `t` Docker gives it the time that it was created with.
    await container.restart();
    const { RestartCount: restarts } = await container.inspect();
    const deadline = Date.now() + waitTimeout * 1000;
    for (;;) {
        const { State, RestartCount } = await container.inspect();
        const { Status, Running, Health, ExitCode, StartedAt } = State;
        if (!Running || Status === "restarting" || RestartCount > restarts)
            throw failure(resource, `it ends with exit code ${ExitCode} right after its start`);
        const hasCheck = Health !== undefined && Health.Status !== "none";
        const seconds = (Date.now() - new Date(StartedAt).getTime()) / 1000;
        if (hasCheck ? Health.Status === "healthy" : seconds > MINIMUM_UPTIME) return;
        if (Health?.Status === "unhealthy" || Date.now() > deadline)
            throw failure(resource, `it is not healthy: ${Health?.Log.at(-1)?.Output.trim() ?? ""}`);
        await sleep(INTERVAL);
    }
}

/** Replaces the replicas one after the other, as an update of the service does. */
async function restartService({ engine, id, resource }: PlacedProcess) {
    const service = await readService(engine, id);
    if (!service) throw failure(resource, "the service no longer exists");
    const { Spec, Version } = service;
    const { ForceUpdate = 0 } = Spec.TaskTemplate;
    await engine.docker.getService(id).update({
        ...Spec,
        version: Version.Index,
        TaskTemplate: { ...Spec.TaskTemplate, ForceUpdate: ForceUpdate + 1 },
    });
    for (;;) {
        await sleep(INTERVAL);
        const { State, Message } = (await readService(engine, id))?.UpdateStatus ?? {};
        if (State === "completed") return;
        if (State?.startsWith("rollback") || State === "paused") throw failure(resource, Message ?? State);
    }
}

function failure(resource: string, reason: string): CommandError {
    return new CommandError(
        `${resource} does not restart: ${reason}`,
        `\`drydock logs ${resource}\` shows its log.`,
    );
}
