import { service } from "../index.ts";
import { declareRedis, declareWebApp } from "./services.ts";

describe("the replicas of a service", () => {
    test.each([
        [undefined, 1],
        [0, 0],
        [3, 3],
    ])("of an application are as many as the user says: %s", async (replicas, expected) => {
        expect((await declareWebApp({ swarm: { replicas } })).mode).toEqual({
            replicated: { replicas: expected },
        });
    });

    test("of a service with data are one", async () => {
        expect(service((await declareRedis()).one).mode).toEqual({ replicated: { replicas: 1 } });
    });

    test("run on any node by default", async () => {
        expect((await declareWebApp()).taskSpec.placement).toEqual({ constraints: [], maxReplicas: 0 });
    });

    test("run on nodes that meet the constraints, spread over a label, as many on a node as the user says", async () => {
        const constraints = ["node.labels.disk == ssd", "node.role!=manager", "node.hostname == a == b"];
        const swarm = { replicas: 6, replicasPerNode: 2, spread: "node.labels.zone", constraints };
        expect((await declareWebApp({ swarm })).taskSpec.placement).toEqual({
            constraints: ["node.labels.disk==ssd", "node.role!=manager", "node.hostname==a == b"],
            prefs: ["node.labels.zone"],
            maxReplicas: 2,
        });
    });

    test("of a process are those of the application, with its own values first", async () => {
        const swarm = { replicas: 3, replicasPerNode: 1, spread: "node.labels.zone" };
        const processes = { worker: { command: ["w"], swarm: { replicas: 7, constraints: ["node.id==1"] } } };
        const worker = await declareWebApp({ swarm, processes }, "web-worker");
        expect(worker.mode).toEqual({ replicated: { replicas: 7 } });
        expect(worker.taskSpec.placement).toEqual({
            constraints: ["node.id==1"],
            prefs: ["node.labels.zone"],
            maxReplicas: 1,
        });
        expect((await declareWebApp({ swarm, processes })).mode).toEqual({ replicated: { replicas: 3 } });
    });
});
