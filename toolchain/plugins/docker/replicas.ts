import { Node, Task } from "./swarm-api";

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
