import { outcome, steadiness } from "./converge";
import { Service } from "./swarm-api";

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
