import { complaints, outcome, runningTasks, steadiness } from "./converge";
import { Node, Service, Task } from "./swarm-api";

test.each([
    ["completed", "completed"],
    ["updating", "updating"],
    ["rollback_started", "updating"],
])("an update that is %s is %s for who waits", (state, expected) => {
    expect(outcome({ State: state })).toBe(expected);
});

test.each([
    ["paused", "service update paused: the reason"],
    ["rollback_paused", "service rollback paused: the reason"],
    ["rollback_completed", "service rollback completed: the reason"],
])("one that is %s has failed, in the official provider's words", (state, expected) => {
    expect(outcome({ State: state, Message: "the reason" })).toEqual(new Error(expected));
});

const service = (Replicas: number, Test?: string[]) =>
    ({
        Spec: {
            Mode: { Replicated: { Replicas } },
            TaskTemplate: { ContainerSpec: { Healthcheck: { Test } } },
        },
    }) as unknown as Service;

test("a new service is up once all of its replicas go on running, as those that crash at once do not", () => {
    const judge = steadiness();
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

test("one with a health check is up as soon as all are healthy, and one without replicas at once", () => {
    expect(steadiness()(service(1, ["CMD", "true"]), ["a"], 5)).toBe("completed");
    expect(steadiness()(service(1, ["CMD", "true"]), [], 5)).toBe("updating");
    expect(steadiness()(service(0), [], 5)).toBe("completed");
});

test("a service without a number of replicas cannot be waited for", () => {
    const everywhere = { Spec: { Mode: { Global: {} }, TaskTemplate: {} } } as unknown as Service;
    expect(() => steadiness()(everywhere, [], 0)).toThrow("no replica count");
});

const nodes: Node[] = [
    { ID: "up", Status: { State: "ready" } },
    { ID: "lost", Status: { State: "down" } },
];

let serial = 0;

/** A task of a replica: what it is, what it should be, and where. */
function task(Slot: number, state: string, DesiredState = "running", NodeID = "up", Err?: string): Task {
    serial += 1;
    const CreatedAt = `2026-01-01T00:00:${String(serial).padStart(2, "0")}Z`;
    return { ID: `task${serial}`, Slot, NodeID, DesiredState, CreatedAt, Status: { State: state, Err } };
}

test.each<[string, Task[], number]>([
    ["one that runs", [task(1, "running")], 1],
    ["one that starts", [task(1, "starting")], 0],
    ["one that runs and is to be stopped", [task(1, "running", "shutdown")], 0],
    ["one on a node that is down", [task(1, "running", "running", "lost")], 0],
    ["one that waits for a node", [task(1, "pending", "running", "")], 0],
    ["one in a state that is not known", [task(1, "orphaned")], 0],
    ["two of one replica", [task(1, "running"), task(1, "running")], 1],
    ["the successor of one that runs", [task(1, "running"), task(1, "preparing")], 0],
    ["the successor of one that failed", [task(1, "failed", "shutdown"), task(1, "running")], 1],
    ["two replicas", [task(1, "running"), task(2, "running")], 2],
])("counts a replica where it runs as it should: %s", (_, tasks, expected) => {
    expect(runningTasks(tasks, nodes)).toHaveLength(expected);
    expect(runningTasks([...tasks].reverse(), nodes)).toHaveLength(expected);
});

test("tells why tasks do not run, each reason once, the newest last", () => {
    const first = task(1, "rejected", "shutdown", "up", "No such image: app:1");
    const last = task(1, "pending", "running", "", "no suitable node (insufficient resources)");
    const again = task(1, "rejected", "shutdown", "up", "No such image: app:1");
    expect(complaints([last, again, first, task(2, "running")])).toEqual([
        "task rejected: No such image: app:1",
        "task pending: no suitable node (insufficient resources)",
    ]);
});
