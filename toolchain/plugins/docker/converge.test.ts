import { taskErrors, updateOutcome, runningTasks, stabilityCheck } from "./converge.ts";
import type { Node, Service, Task } from "./swarm-api.ts";

test.each([
    ["completed", "completed"],
    ["updating", "updating"],
    ["rollback_started", "updating"],
])("treats the update status %s as %s", (state, expected) => {
    expect(updateOutcome({ State: state })).toBe(expected);
});

test.each([
    ["paused", "service update paused: the reason"],
    ["rollback_paused", "service rollback paused: the reason"],
    ["rollback_completed", "service rollback completed: the reason"],
])("treats the update status %s as a failure, with the official provider's message", (state, expected) => {
    expect(updateOutcome({ State: state, Message: "the reason" })).toEqual(new Error(expected));
});

const service = (Replicas: number, Test?: string[]) =>
    ({
        Spec: {
            Mode: { Replicated: { Replicas } },
            TaskTemplate: { ContainerSpec: { Healthcheck: { Test } } },
        },
    }) as unknown as Service;

test("a new service is up once all replicas keep running", () => {
    const judge = stabilityCheck();
    const seen: [string[], number][] = [
        [["a"], 0],
        [["a", "b"], 1000],
        [["a"], 2000],
        [["a", "c"], 3000],
        [["a", "c"], 4900],
    ];
    for (const [running, now] of seen) expect(judge(service(2), running, now)).toBe("updating");
    expect(judge(service(2), ["a", "c"], 5000)).toBe("completed");
});

test("a service with a health check is up once all replicas are healthy, and one without replicas at once", () => {
    expect(stabilityCheck()(service(1, ["CMD", "true"]), ["a"], 5)).toBe("completed");
    expect(stabilityCheck()(service(1, ["CMD", "true"]), [], 5)).toBe("updating");
    expect(stabilityCheck()(service(0), [], 5)).toBe("completed");
});

test("cannot wait for a global service", () => {
    const everywhere = { Spec: { Mode: { Global: {} }, TaskTemplate: {} } } as unknown as Service;
    expect(() => stabilityCheck()(everywhere, [], 0)).toThrow("no replica count");
});

const nodes: Node[] = [
    { ID: "up", Status: { State: "ready" } },
    { ID: "lost", Status: { State: "down" } },
];

let serial = 0;

/** A task of a replica. */
function task(Slot: number, state: string, DesiredState = "running", NodeID = "up", Err?: string): Task {
    serial += 1;
    const CreatedAt = `2026-01-01T00:00:${String(serial).padStart(2, "0")}Z`;
    return { ID: `task${serial}`, Slot, NodeID, DesiredState, CreatedAt, Status: { State: state, Err } };
}

test.each<[string, Task[], number]>([
    ["a running task", [task(1, "running")], 1],
    ["a starting task", [task(1, "starting")], 0],
    ["a running task that is being shut down", [task(1, "running", "shutdown")], 0],
    ["a task on a node that is down", [task(1, "running", "running", "lost")], 0],
    ["a task without a node", [task(1, "pending", "running", "")], 0],
    ["a task in an unknown state", [task(1, "orphaned")], 0],
    ["two running tasks of one replica", [task(1, "running"), task(1, "running")], 1],
    ["a running task and its successor", [task(1, "running"), task(1, "preparing")], 0],
    ["a failed task and its running successor", [task(1, "failed", "shutdown"), task(1, "running")], 1],
    ["two replicas", [task(1, "running"), task(2, "running")], 2],
])("counts running replicas: %s", (_, tasks, expected) => {
    expect(runningTasks(tasks, nodes)).toHaveLength(expected);
    expect(runningTasks([...tasks].reverse(), nodes)).toHaveLength(expected);
});

test("lists distinct task errors, newest last", () => {
    const first = task(1, "rejected", "shutdown", "up", "No such image: app:1");
    const last = task(1, "pending", "running", "", "no suitable node (insufficient resources)");
    const again = task(1, "rejected", "shutdown", "up", "No such image: app:1");
    expect(taskErrors([last, again, first, task(2, "running")])).toEqual([
        "task rejected: No such image: app:1",
        "task pending: no suitable node (insufficient resources)",
    ]);
});
