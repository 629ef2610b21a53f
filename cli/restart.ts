/** Restarts containers, and waits until they are healthy. */
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { CommandError } from "./exit-codes.ts";
import { isNotFound } from "./inventory.ts";
import { messageOf, type Stack } from "./project.ts";
import type { PlacedProcess } from "./stack-inventory.ts";
import { readService } from "./swarm.ts";

/** How long to wait for a container without `waitTimeout`, in seconds. */
const DEFAULT_TIMEOUT = 60;

/** How long a container without a health check must run, in seconds. */
const MINIMUM_UPTIME = 5;

/** How long a service that is being updated may have no status of an update, in seconds. */
const STATUS_TIMEOUT = 60;

/** Between two checks, in milliseconds. */
const INTERVAL = 500;

/** @throws CommandError if it is not healthy in time */
export async function restartProcess(
    process: PlacedProcess,
    { option }: Pick<Stack, "option">,
): Promise<void> {
    try {
        await (process.isService ? restartService(process, option) : restartContainer(process, option));
    } catch (error) {
        if (!(error instanceof RestartError)) throw error;
        throw new CommandError(
            `${process.resource} failed to restart: ${error.message}`,
            error.remedy ?? `\`drydock logs${option} ${process.resource}\` shows its log.`,
        );
    }
}

/** Why a process does not run again. */
class RestartError extends Error {
    readonly remedy: string | undefined;

    /** @param remedy a sentence. Without one, the log helps */
    constructor(message: string, remedy?: string) {
        super(message);
        this.remedy = remedy;
    }
}

async function restartContainer(
    { engine, id, resource, waitTimeout = DEFAULT_TIMEOUT }: PlacedProcess,
    option: string,
) {
    const container = engine.docker.getContainer(id);
    try {
        // Without `t`, Docker uses the container's own stop timeout.
        await container.restart();
    } catch (error) {
        if (!isNotFound(error)) throw error;
        const remedy = `\`drydock up${option}\` creates it again.`;
        // Docker also answers this if a network of the container no longer exists.
        if (await exists(container)) throw new RestartError(messageOf(error), remedy);
        throw new CommandError(`${resource} no longer exists in Docker`, remedy);
    }
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

async function exists(container: Docker.Container): Promise<boolean> {
    try {
        await container.inspect();
        return true;
    } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
    }
}

/** Replaces the replicas one after the other, as an update of the service does. */
async function restartService(process: PlacedProcess, option: string) {
    const { engine, id } = process;
    const { Spec, Version } = await readReplicated(process, option);
    const { ForceUpdate = 0 } = Spec.TaskTemplate;
    await engine.docker.getService(id).update({
        ...Spec,
        version: Version.Index,
        TaskTemplate: { ...Spec.TaskTemplate, ForceUpdate: ForceUpdate + 1 },
    });
    let lastStatus = Date.now();
    for (;;) {
        await sleep(INTERVAL);
        const { UpdateStatus } = await readReplicated(process, option);
        if (UpdateStatus) lastStatus = Date.now();
        // An update by somebody else that changes no task removes the status.
        else if (Date.now() - lastStatus > STATUS_TIMEOUT * 1000)
            throw new RestartError(
                `Docker has reported no status of the update for ${STATUS_TIMEOUT} s`,
                `\`drydock status${option}\` shows whether its replicas run.`,
            );
        const { State, Message } = UpdateStatus ?? {};
        if (State === "completed") return;
        if (State?.startsWith("rollback") || State === "paused") throw new RestartError(Message ?? State);
    }
}

/** @throws RestartError if an update of the service would never complete: without replicas, it has no status. */
async function readReplicated({ engine, id }: PlacedProcess, option: string) {
    const service = await readService(engine, id);
    const up = `\`drydock up${option}\``;
    if (!service) throw new RestartError("the service no longer exists", `${up} creates it again.`);
    if (service.Spec.Mode.Replicated?.Replicas === 0)
        throw new RestartError(
            "it is scaled to 0 replicas",
            `Set \`replicas\` in the program, and run ${up}.`,
        );
    return service;
}
