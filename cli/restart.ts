/** Restarts containers, and waits until they are healthy. */
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "./exit-codes.ts";
import type { Stack } from "./project.ts";
import type { PlacedProcess } from "./stack-inventory.ts";
import { readService } from "./swarm.ts";

/** How long to wait for a container without `waitTimeout`, in seconds. */
const DEFAULT_TIMEOUT = 60;

/** How long a container without a health check must run, in seconds. */
const MINIMUM_UPTIME = 5;

/** Between two checks, in milliseconds. */
const INTERVAL = 500;

/** @throws CommandError if it is not healthy in time */
export async function restartProcess(
    process: PlacedProcess,
    { option }: Pick<Stack, "option">,
): Promise<void> {
    try {
        await (process.isService ? restartService(process) : restartContainer(process));
    } catch (error) {
        if (!(error instanceof RestartError)) throw error;
        throw new CommandError(
            `${process.resource} failed to restart: ${error.message}`,
            `\`drydock logs${option} ${process.resource}\` shows its log.`,
        );
    }
}

/** Why a process does not run again. */
class RestartError extends Error {}

async function restartContainer({ engine, id, waitTimeout = DEFAULT_TIMEOUT }: PlacedProcess) {
    const container = engine.docker.getContainer(id);
    // Without `t`, Docker uses the container's own stop timeout.
    await container.restart();
    const { RestartCount: restarts } = await container.inspect();
    const deadline = Date.now() + waitTimeout * 1000;
    for (;;) {
        const { State, RestartCount } = await container.inspect();
        const { Status, Running, Health, ExitCode, StartedAt } = State;
        if (!Running || Status === "restarting" || RestartCount > restarts)
            throw new RestartError(`it exits with code ${ExitCode} right after it starts`);
        const hasCheck = Health !== undefined && Health.Status !== "none";
        const seconds = (Date.now() - new Date(StartedAt).getTime()) / 1000;
        if (hasCheck ? Health.Status === "healthy" : seconds > MINIMUM_UPTIME) return;
        if (Health?.Status === "unhealthy" || Date.now() > deadline)
            throw new RestartError(`it is not healthy: ${Health?.Log.at(-1)?.Output.trim() ?? ""}`);
        await sleep(INTERVAL);
    }
}

/** Replaces the replicas one after the other, as an update of the service does. */
async function restartService(process: PlacedProcess) {
    const { engine, id } = process;
    const { Spec, Version } = await readReplicated(process);
    const { ForceUpdate = 0 } = Spec.TaskTemplate;
    await engine.docker.getService(id).update({
        ...Spec,
        version: Version.Index,
        TaskTemplate: { ...Spec.TaskTemplate, ForceUpdate: ForceUpdate + 1 },
    });
    for (;;) {
        await sleep(INTERVAL);
        const { State, Message } = (await readReplicated(process)).UpdateStatus ?? {};
        if (State === "completed") return;
        if (State?.startsWith("rollback") || State === "paused") throw new RestartError(Message ?? State);
    }
}

/** @throws RestartError if an update of the service would never complete: without replicas, it has no status. */
async function readReplicated({ engine, id }: PlacedProcess) {
    const service = await readService(engine, id);
    if (!service) throw new RestartError("the service no longer exists");
    if (service.Spec.Mode.Replicated?.Replicas === 0) throw new RestartError("it is scaled to 0 replicas");
    return service;
}
