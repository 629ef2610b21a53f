import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../../plugin/provider.ts";
import type { Daemon } from "./daemon.ts";
import { goDuration, nanosecondsOrZero } from "./duration.ts";
import { readLogs } from "./readiness.ts";
import type { ServiceInputs } from "./service-properties.ts";
import type { Node, Service, Task } from "./swarm-api.ts";

type Config = NonNullable<ServiceInputs["convergeConfig"]>;

const POLL_INTERVAL_MS = 500;
/** Lines of a failed task's log in an error message. */
const LAST_LINES = 10;

/** How long the tasks of a new service without a health check have to run until the service counts as up. */
const STABLE_MS = 2000;

/** How long to wait for Swarm to begin an update before counting replicas. The same as in the official provider. */
const UPDATE_START_MS = 7000;

/** The progress of an update; an error if it has failed. */
export type Outcome = "completed" | "updating" | Error;

/** The service did not reach the desired state within `convergeConfig.timeout`. */
export class ConvergeTimeoutError extends Error {}

/** Waits until all replicas of a new service run. */
export async function waitUntilRunning(
    daemon: Daemon,
    id: string,
    config: Config,
    context: Context,
): Promise<void> {
    await sleep(nanosecondsOrZero(config.delay) / 1e6, undefined, { signal: context.signal });
    const evaluate = stabilityCheck();
    await poll(daemon, id, config, context, (service, running) => evaluate(service, running, Date.now()));
}

/** Returns a function that takes the running tasks of each poll. A new service is up once all replicas keep running. */
export function stabilityCheck(): (service: Service, running: string[], now: number) => Outcome {
    let last = { tasks: "", since: 0 };
    return (service, running, now) => {
        const tasks = running.join();
        if (tasks !== last.tasks) last = { tasks, since: now };
        // With a health check, a task counts as running only once it is healthy.
        const { Healthcheck } = service.Spec.TaskTemplate.ContainerSpec ?? {};
        const requiredMs = Healthcheck?.Test?.length || running.length === 0 ? 0 : STABLE_MS;
        const isStable = now - last.since >= requiredMs;
        return running.length === replicasOf(service) && isStable ? "completed" : "updating";
    };
}

/** Waits until an update has reached all replicas. Fails if Swarm pauses it or rolls it back. */
export async function waitUntilUpdated(
    daemon: Daemon,
    id: string,
    config: Config,
    context: Context,
): Promise<void> {
    const started = Date.now();
    await poll(daemon, id, config, context, (service, running) => {
        if (service.UpdateStatus?.State) return updateOutcome(service.UpdateStatus);
        // There is no update status if only the number of replicas changes, or if Swarm has not begun yet.
        const isSettled = Date.now() - started > UPDATE_START_MS && running.length === replicasOf(service);
        return isSettled ? "completed" : "updating";
    });
}

/** Translates Swarm's update status. Error messages are those of the official provider. */
export function updateOutcome({ State, Message = "" }: NonNullable<Service["UpdateStatus"]>): Outcome {
    switch (State) {
        case "completed":
            return "completed";
        case "rollback_completed":
            return new Error(`service rollback completed: ${Message}`);
        case "paused":
            return new Error(`service update paused: ${Message}`);
        case "rollback_paused":
            return new Error(`service rollback paused: ${Message}`);
        default:
            return "updating";
    }
}

async function poll(
    daemon: Daemon,
    id: string,
    { timeout }: Config,
    context: Context,
    evaluate: (service: Service, running: string[]) => Outcome,
): Promise<void> {
    const deadline = Date.now() + nanosecondsOrZero(timeout) / 1e6;
    for (;;) {
        const service = (await daemon.docker.getService(id).inspect()) as Service;
        const filters = JSON.stringify({ service: [id], "desired-state": ["running"] });
        const tasks = (await daemon.docker.listTasks({ filters })) as Task[];
        const running = runningTasks(tasks, (await daemon.docker.listNodes()) as Node[]);
        const result = evaluate(service, running);
        if (result === "completed") return;
        if (result instanceof Error) throw result;
        if (Date.now() > deadline) {
            throw new ConvergeTimeoutError(
                `Service with ID (${id}) did not converge after ${goDuration(nanosecondsOrZero(timeout))}`,
            );
        }
        const status = service.UpdateStatus?.State?.replace("_", " ") ?? "waiting";
        context.status(`${status}: ${running.length} of ${replicasOf(service)} replicas running`);
        await sleep(POLL_INTERVAL_MS, undefined, { signal: context.signal });
    }
}

function replicasOf({ Spec }: Service): number {
    const replicas = Spec.Mode.Replicated?.Replicas;
    if (replicas === undefined) throw new Error("no replica count");
    return replicas;
}

/** Swarm's reasons for failed tasks, and the last log lines of those on this machine. */
export async function describeFailedTasks({ docker }: Daemon, id: string): Promise<string> {
    const filters = JSON.stringify({ service: [id] });
    const tasks = (await docker.listTasks({ filters })) as Task[];
    const lines: string[] = [];
    for (const { Status } of tasks.filter((task) => task.Status.State === "failed")) {
        const container = Status.ContainerStatus?.ContainerID;
        // No log if the container runs on another node or has been removed.
        if (container) lines.push(await readLogs(docker.getContainer(container), LAST_LINES).catch(() => ""));
    }
    const reasons = taskErrors(tasks).map((reason) => `\n${reason}`);
    const logText = lines.join("").trimEnd();
    return [...reasons, ...(logText ? [`\n\nLast task logs:\n${logText}`] : [])].join("");
}

/** A task's states in the order of its life cycle. */
const STATES = [
    "new",
    "allocated",
    "pending",
    "assigned",
    "accepted",
    "preparing",
    "ready",
    "starting",
    "running",
    "complete",
    "shutdown",
    "failed",
    "rejected",
];

const rank = (state: string) => STATES.indexOf(state);
const desired = (task: Task) => rank(task.DesiredState);
const observed = (task: Task) => rank(task.Status.State);

/** The IDs of running tasks, one per replica, counted as `docker service create` does. */
export function runningTasks(tasks: Task[], nodes: Node[]): string[] {
    const down = new Set(nodes.filter(({ Status }) => Status.State === "down").map(({ ID }) => ID));
    const current = new Map<number, Task>();
    for (const task of tasks) {
        const slot = task.Slot ?? 0;
        const other = current.get(slot);
        const isSuperseded = other && !comesBefore(task, other);
        const isNodeDown = task.NodeID && down.has(task.NodeID);
        if (desired(task) < 0 || observed(task) < 0 || isSuperseded || isNodeDown) continue;
        current.set(slot, task);
    }
    return [...current.values()]
        .filter((task) => desired(task) <= rank("running") && task.Status.State === "running")
        .map(({ ID }) => ID)
        .sort();
}

/** Of two tasks of one replica, the one in the earlier state is current: the other is being shut down. */
function comesBefore(task: Task, other: Task): boolean {
    return (
        desired(task) < desired(other) ||
        (desired(task) === desired(other) && observed(task) < observed(other))
    );
}

/** The distinct errors of tasks, newest last. */
export function taskErrors(tasks: Task[]): string[] {
    const byAge = [...tasks].sort((a, b) => (a.CreatedAt ?? "").localeCompare(b.CreatedAt ?? ""));
    const reasons = byAge.flatMap(({ Status }) =>
        Status.Err ? [`task ${Status.State}: ${Status.Err}`] : [],
    );
    return [...new Set(reasons)];
}
