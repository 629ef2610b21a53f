import { setTimeout as sleep } from "node:timers/promises";
import { Context } from "../../plugin/provider";
import { Daemon } from "./daemon";
import { goDuration, nanosecondsOrZero } from "./duration";
import { logs } from "./readiness";
import { ServiceInputs } from "./service-properties";
import { Node, Service, Task } from "./swarm-api";

type Config = NonNullable<ServiceInputs["convergeConfig"]>;

const POLL_INTERVAL = 500; // milliseconds
const LAST_LINES = 10;

/** How long the tasks of a new service have to run until they are believed to, in milliseconds. */
const STEADY = 2000;

/** How long Swarm may take to begin an update before the replicas are counted, in milliseconds (the official provider's). */
const UPDATE_DELAY = 7000;

/** What an update has come to: done, failed for a reason, or neither yet. */
export type Outcome = "completed" | "updating" | Error;

/** The service is not what it should be by the end of `convergeConfig.timeout`. */
export class DidNotConverge extends Error {}

/** Waits until all replicas of a new service run. */
export async function untilRunning(
    daemon: Daemon,
    id: string,
    config: Config,
    context: Context,
): Promise<void> {
    await sleep(nanosecondsOrZero(config.delay) / 1e6, undefined, { signal: context.signal });
    const judge = steadiness();
    await until(daemon, id, config, context, (service, running) => judge(service, running, Date.now()));
}

/** Judges a new service by the tasks that run at each time: completed once all replicas do, and go on to. */
export function steadiness(): (service: Service, running: string[], now: number) => Outcome {
    let seen = { tasks: "", since: 0 };
    return (service, running, now) => {
        const tasks = running.join();
        if (tasks !== seen.tasks) seen = { tasks, since: now };
        // A task with a health check counts as running only when it is healthy.
        const { Healthcheck } = service.Spec.TaskTemplate.ContainerSpec ?? {};
        const needed = Healthcheck?.Test?.length || running.length === 0 ? 0 : STEADY;
        const steady = now - seen.since >= needed;
        return running.length === replicasOf(service) && steady ? "completed" : "updating";
    };
}

/** Waits until an update is rolled out to all replicas; fails when Swarm pauses it or takes it back. */
export async function untilUpdated(
    daemon: Daemon,
    id: string,
    config: Config,
    context: Context,
): Promise<void> {
    const begun = Date.now();
    await until(daemon, id, config, context, (service, running) => {
        if (service.UpdateStatus?.State) return outcome(service.UpdateStatus);
        // Nothing to roll out, as when only the number of replicas changes; or not begun yet.
        const settled = Date.now() - begun > UPDATE_DELAY && running.length === replicasOf(service);
        return settled ? "completed" : "updating";
    });
}

/** What Swarm's word for the state of an update means for who waits for it. */
export function outcome({ State, Message = "" }: NonNullable<Service["UpdateStatus"]>): Outcome {
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

async function until(
    daemon: Daemon,
    id: string,
    { timeout }: Config,
    context: Context,
    judge: (service: Service, running: string[]) => Outcome,
): Promise<void> {
    const deadline = Date.now() + nanosecondsOrZero(timeout) / 1e6;
    for (;;) {
        const service = (await daemon.docker.getService(id).inspect()) as Service;
        const filters = JSON.stringify({ service: [id], "desired-state": ["running"] });
        const tasks = (await daemon.docker.listTasks({ filters })) as Task[];
        const running = runningTasks(tasks, (await daemon.docker.listNodes()) as Node[]);
        const result = judge(service, running);
        if (result === "completed") return;
        if (result instanceof Error) throw result;
        if (Date.now() > deadline) {
            throw new DidNotConverge(
                `Service with ID (${id}) did not converge after ${goDuration(nanosecondsOrZero(timeout))}`,
            );
        }
        const word = service.UpdateStatus?.State?.replace("_", " ") ?? "waiting";
        context.status(`${word}: ${running.length} of ${replicasOf(service)} replicas run`);
        await sleep(POLL_INTERVAL, undefined, { signal: context.signal });
    }
}

function replicasOf({ Spec }: Service): number {
    const replicas = Spec.Mode.Replicated?.Replicas;
    if (replicas === undefined) throw new Error("no replica count");
    return replicas;
}

/** What a service's tasks said of their failure: Swarm's reasons, and the last lines of those on this machine. */
export async function lastWords({ docker }: Daemon, id: string): Promise<string> {
    const filters = JSON.stringify({ service: [id] });
    const tasks = (await docker.listTasks({ filters })) as Task[];
    const lines: string[] = [];
    for (const { Status } of tasks.filter((task) => task.Status.State === "failed")) {
        const container = Status.ContainerStatus?.ContainerID;
        // One on another node, or gone by now, has nothing to say here.
        if (container) lines.push(await logs(docker.getContainer(container), LAST_LINES).catch(() => ""));
    }
    const reasons = complaints(tasks).map((reason) => `\n${reason}`);
    const said = lines.join("").trimEnd();
    return [...reasons, ...(said ? [`\n\nLast task logs:\n${said}`] : [])].join("");
}

/** The states of a task in the order in which it goes through them. */
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

/** The tasks, by ID, of the replicas that run: one a replica, by the counting of `docker service create`. */
export function runningTasks(tasks: Task[], nodes: Node[]): string[] {
    const down = new Set(nodes.filter(({ Status }) => Status.State === "down").map(({ ID }) => ID));
    const current = new Map<number, Task>();
    for (const task of tasks) {
        const place = task.Slot ?? 0;
        const other = current.get(place);
        const outdone = other && !comesBefore(task, other);
        const lost = task.NodeID && down.has(task.NodeID);
        if (desired(task) < 0 || observed(task) < 0 || outdone || lost) continue;
        current.set(place, task);
    }
    return [...current.values()]
        .filter((task) => desired(task) <= rank("running") && task.Status.State === "running")
        .map(({ ID }) => ID)
        .sort();
}

/** Of two tasks of one replica, the one that is less far is the one to look at: the other is on its way out. */
function comesBefore(task: Task, other: Task): boolean {
    return (
        desired(task) < desired(other) ||
        (desired(task) === desired(other) && observed(task) < observed(other))
    );
}

/** Why tasks do not run, each reason once, the newest last. */
export function complaints(tasks: Task[]): string[] {
    const inOrder = [...tasks].sort((a, b) => (a.CreatedAt ?? "").localeCompare(b.CreatedAt ?? ""));
    const reasons = inOrder.flatMap(({ Status }) =>
        Status.Err ? [`task ${Status.State}: ${Status.Err}`] : [],
    );
    return [...new Set(reasons)];
}
