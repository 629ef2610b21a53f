import { time } from "./container-spec";
import { attempt, Daemon, found, isNotFound } from "./daemon";
import { ServiceInputs } from "./service-properties";
import { Task } from "./swarm-api";

/**
 * Deletes a service; one that is gone already is an error, as officially. With a grace period it waits until the containers on this machine are gone, since what
 * they use, such as a network or a volume, can be deleted only then.
 */
export async function removeService(
    daemon: Daemon,
    id: string,
    { name = id, taskSpec }: Partial<ServiceInputs>,
): Promise<void> {
    const grace = time(taskSpec?.containerSpec.stopGracePeriod) / 1e6;
    const containers = grace > 0 ? await containersOf(daemon, id) : [];
    await attempt(`deleting service ${name}`, daemon.docker.getService(id).remove());
    const deadline = Date.now() + grace;
    for (const container of containers) await gone(daemon, container, deadline);
}

async function containersOf({ docker }: Daemon, id: string): Promise<string[]> {
    const filters = JSON.stringify({ service: [id] });
    const tasks = (await docker.listTasks({ filters })) as Task[];
    return tasks.flatMap(({ Status }) => {
        const container = Status.ContainerStatus?.ContainerID;
        return container && Status.State !== "shutdown" ? [container] : [];
    });
}

/** Waits for a container to be removed by Swarm, and removes it once the time is over. */
async function gone({ docker }: Daemon, id: string, deadline: number): Promise<void> {
    const container = docker.getContainer(id);
    const abortSignal = AbortSignal.timeout(Math.max(deadline - Date.now(), 1));
    await container.wait({ condition: "removed", abortSignal }).catch((error: unknown) => {
        if (!isNotFound(error) && !abortSignal.aborted) throw error;
    });
    await found(container.remove({ v: true, force: true })).catch((error: unknown) => {
        if (!String(error).includes("already in progress")) throw error;
    });
}
