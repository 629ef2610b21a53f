import {
    Engine,
    PostgresService,
    PublishMode,
    RedisService,
    Service,
    type ServiceSwarmArgs,
    type WebAppArgs,
} from "../../../../components/index.ts";
import { runOn, service } from "../index.ts";
import { declareWebApp } from "./services.ts";

describe("the update of a service", () => {
    const step = { parallelism: 1, delay: "0s", monitor: "5s", maxFailureRatio: "0.0" };

    test("of an application is start-first, one replica at a time, and is rolled back if it fails", async () => {
        expect(await declareWebApp()).toMatchObject({
            updateConfig: { ...step, order: "start-first", failureAction: "rollback" },
            rollbackConfig: { ...step, order: "start-first", failureAction: "pause" },
        });
    });

    test("replaces as many replicas at a time as the user says, and its rollback too", async () => {
        const { updateConfig, rollbackConfig } = await declareWebApp({
            swarm: { replicas: 10, parallelism: 4 },
        });
        expect(updateConfig).toMatchObject({ parallelism: 4 });
        expect(rollbackConfig).toMatchObject({ parallelism: 4 });
    });

    test.each([
        ["a Redis", RedisService],
        ["a Postgres", PostgresService],
    ])("of %s is stop-first, as two servers on the same data would corrupt it", async (_, DataService) => {
        const program = (engine: Engine) => ({ c: new DataService("data", { engine }).connection });
        const { one } = await runOn(Engine.Swarm, program);
        expect(service(one)).toMatchObject({
            updateConfig: { ...step, order: "stop-first", failureAction: "rollback" },
            rollbackConfig: { ...step, order: "stop-first", failureAction: "pause" },
        });
    });

    test("of an application is stop-first if it publishes on its node or is limited per node", async () => {
        const args = { publish: { port: 80 }, swarm: { publishMode: PublishMode.Host } };
        const processes = { worker: { command: ["bin/jobs"] } };
        const order = async (name: string, more: Partial<WebAppArgs>) =>
            (await declareWebApp({ processes, ...more }, name)).updateConfig;
        expect(await order("web", args)).toMatchObject({ order: "stop-first" });
        expect(await order("web-worker", args)).toMatchObject({ order: "start-first" });
        expect(await order("web", { publish: { port: 80 } })).toMatchObject({ order: "start-first" });
        expect(await order("web", { swarm: args.swarm })).toMatchObject({ order: "start-first" });
        expect(await order("web", { swarm: { replicasPerNode: 2 } })).toMatchObject({ order: "stop-first" });
    });

    test("of a Service without data is stop-first for the same reasons", async () => {
        const order = async (swarm: ServiceSwarmArgs) => {
            const args = { engine: Engine.Swarm, image: "x:1", port: 80, publish: { port: 80 }, swarm };
            const { one } = await runOn(Engine.Swarm, () => ({ host: new Service("proxy", args).host }));
            return service(one).updateConfig;
        };
        expect(await order({})).toMatchObject({ order: "start-first" });
        expect(await order({ publishMode: PublishMode.Host })).toMatchObject({ order: "stop-first" });
        expect(await order({ replicasPerNode: 1 })).toMatchObject({ order: "stop-first" });
    });

    test.each<[string, Partial<WebAppArgs>, string]>([
        ["twice the default, for the update and its rollback", {}, "4m"],
        ["twice `health.waitTimeout`", { health: { waitTimeout: 9 } }, "18s"],
        ["that for each replica", { health: { waitTimeout: 45 }, swarm: { replicas: 3 } }, "4m30s"],
        [
            "that for each step of several replicas",
            { health: { waitTimeout: 45 }, swarm: { replicas: 10, parallelism: 4 } },
            "4m30s",
        ],
        ["the same without replicas", { swarm: { replicas: 0 } }, "4m"],
        ["an hour, as the provider formats it", { health: { waitTimeout: 1800 } }, "1h"],
    ])("may take %s", async (_, args, timeout) => {
        expect((await declareWebApp(args)).convergeConfig).toEqual({ delay: "1s", timeout });
    });

    test("may take the default time without a health check", async () => {
        const processes = { worker: { command: ["bin/jobs"] } };
        expect((await declareWebApp({ processes }, "web-worker")).convergeConfig).toMatchObject({
            timeout: "4m",
        });
    });
});
