import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import {
    EndpointMode,
    Engine,
    PostgresService,
    PublishMode,
    RedisService,
    type SwarmDataArgs,
    WebApp,
    type WebAppArgs,
} from "../../../../components/index.ts";
import { runOn, service } from "../index.ts";

const app = async (args: Partial<WebAppArgs> = {}, name = "web") => {
    const { one } = await runOn(Engine.Swarm, (engine) => ({
        url: new WebApp("web", { engine, image: "x:1", ...args }).url,
    }));
    return service(one, name);
};
const redis = (swarm?: SwarmDataArgs) =>
    runOn(Engine.Swarm, (engine) => {
        const { address } = new RedisService("cache", { engine, swarm, publish: { port: 80 } });
        return { address };
    });

describe("an update of a service", () => {
    const step = { parallelism: 1, delay: "0s", monitor: "5s", maxFailureRatio: "0.0" };

    test("of an application starts the new before it stops the old, one by one, and goes back where it fails", async () => {
        expect(await app()).toMatchObject({
            updateConfig: { ...step, order: "start-first", failureAction: "rollback" },
            rollbackConfig: { ...step, order: "start-first", failureAction: "pause" },
        });
    });

    test("changes as many at a time as it says, and goes back the same way", async () => {
        const { updateConfig, rollbackConfig } = await app({ swarm: { replicas: 10, parallelism: 4 } });
        expect(updateConfig).toMatchObject({ parallelism: 4 });
        expect(rollbackConfig).toMatchObject({ parallelism: 4 });
    });

    test.each([
        ["a Redis", RedisService],
        ["a Postgres", PostgresService],
    ])("of %s stops the old before it starts the new, as two must not share the data", async (_, Service) => {
        const program = (engine: Engine) => ({ c: new Service("data", { engine }).connection });
        const { one } = await runOn(Engine.Swarm, program);
        expect(service(one)).toMatchObject({
            updateConfig: { ...step, order: "stop-first", failureAction: "rollback" },
            rollbackConfig: { ...step, order: "stop-first", failureAction: "pause" },
        });
    });

    test("of what has a port of its node stops the old first too, and of nothing else", async () => {
        const args = { publish: { port: 80 }, swarm: { publishMode: PublishMode.Host } };
        const processes = { worker: { command: ["bin/jobs"] } };
        const order = async (name: string, more: Partial<WebAppArgs>) =>
            (await app({ processes, ...more }, name)).updateConfig;
        expect(await order("web", args)).toMatchObject({ order: "stop-first" });
        expect(await order("web-worker", args)).toMatchObject({ order: "start-first" });
        expect(await order("web", { publish: { port: 80 } })).toMatchObject({ order: "start-first" });
        expect(await order("web", { swarm: args.swarm })).toMatchObject({ order: "start-first" });
        // Nodes that have as many as they may have no room for a new one.
        expect(await order("web", { swarm: { replicasPerNode: 2 } })).toMatchObject({ order: "stop-first" });
    });

    test.each<[string, Partial<WebAppArgs>, string]>([
        ["to and fro", {}, "4m"],
        ["as long as the health check says", { health: { waitTimeout: 9 } }, "18s"],
        ["for each replica", { health: { waitTimeout: 45 }, swarm: { replicas: 3 } }, "4m30s"],
        ["for each step", { health: { waitTimeout: 45 }, swarm: { replicas: 10, parallelism: 4 } }, "4m30s"],
        ["though there is none", { swarm: { replicas: 0 } }, "4m"],
        ["an hour", { health: { waitTimeout: 1800 } }, "1h"],
    ])("is waited for: %s", async (_, args, timeout) => {
        expect((await app(args)).convergeConfig).toEqual({ delay: "1s", timeout });
    });

    test("of what has no health check is waited for all the same", async () => {
        const processes = { worker: { command: ["bin/jobs"] } };
        expect((await app({ processes }, "web-worker")).convergeConfig).toMatchObject({ timeout: "4m" });
    });
});

describe("the replicas of a service", () => {
    test.each([
        [undefined, 1],
        [0, 0],
        [3, 3],
    ])("of an application are as many as it says: %s", async (replicas, expected) => {
        expect((await app({ swarm: { replicas } })).mode).toEqual({ replicated: { replicas: expected } });
    });

    test("of what has data are one", async () => {
        expect(service((await redis()).one).mode).toEqual({ replicated: { replicas: 1 } });
        // TypeScript lets it pass where it is not written on the spot.
        const cluster = { replicas: 4, constraints: [] };
        expect(service((await redis(cluster)).one).mode).toEqual({ replicated: { replicas: 1 } });
    });

    test("run anywhere, unless told otherwise", async () => {
        expect((await app()).taskSpec.placement).toEqual({ constraints: [], maxReplicas: 0 });
    });

    test("are placed and spread as it says", async () => {
        const constraints = ["node.labels.disk == ssd", "node.role!=manager", "node.hostname == a == b"];
        const swarm = { replicas: 6, replicasPerNode: 2, spread: "node.labels.zone", constraints };
        expect((await app({ swarm })).taskSpec.placement).toEqual({
            constraints: ["node.labels.disk==ssd", "node.role!=manager", "node.hostname==a == b"],
            prefs: ["node.labels.zone"],
            maxReplicas: 2,
        });
    });

    test("of a process are as the application says, but for what it says itself", async () => {
        const swarm = { replicas: 3, replicasPerNode: 1, spread: "node.labels.zone" };
        const processes = { worker: { command: ["w"], swarm: { replicas: 7, constraints: ["node.id==1"] } } };
        const worker = await app({ swarm, processes }, "web-worker");
        expect(worker.mode).toEqual({ replicated: { replicas: 7 } });
        expect(worker.taskSpec.placement).toEqual({
            constraints: ["node.id==1"],
            prefs: ["node.labels.zone"],
            maxReplicas: 1,
        });
        expect((await app({ swarm, processes })).mode).toEqual({ replicated: { replicas: 3 } });
    });
});

describe("the endpoint of a service", () => {
    const port = { targetPort: 3000, publishedPort: 80, protocol: "tcp" };

    test.each<[string, WebAppArgs["swarm"], object]>([
        ["one address and the routing mesh", undefined, { mode: "vip", publishMode: "ingress" }],
        [
            "ports of the nodes that run it",
            { publishMode: PublishMode.Host },
            { mode: "vip", publishMode: "host" },
        ],
        [
            "the addresses of its replicas",
            { endpointMode: EndpointMode.DnsRoundRobin, publishMode: PublishMode.Host },
            { mode: "dnsrr", publishMode: "host" },
        ],
    ])("is %s", async (_, swarm, { mode, publishMode }: { mode?: string; publishMode?: string }) => {
        const { endpointSpec } = await app({ swarm, publish: { port: 80 } });
        expect(endpointSpec).toEqual({ mode, ports: [{ ...port, publishMode }] });
    });

    test("has no port where nothing is published", async () => {
        const swarm = { endpointMode: EndpointMode.DnsRoundRobin };
        expect((await app({ swarm })).endpointSpec).toEqual({ mode: "dnsrr" });
    });

    test.each<[string, SwarmDataArgs]>([
        ["dnsrr", { endpointMode: EndpointMode.DnsRoundRobin, publishMode: PublishMode.Host }],
        ["vip", {}],
    ])("of what has data has the same choice: %s", async (mode, swarm) => {
        expect(service((await redis(swarm)).one).endpointSpec).toMatchObject({ mode });
    });
});

describe("the address of a service", () => {
    afterEach(() => {
        pulumi.runtime.setAllConfig({});
    });

    test.each([
        ["ssh://me@big", "big:80"],
        ["tcp://10.1.2.3:2376", "10.1.2.3:80"],
        ["unix:///var/run/docker.sock", "localhost:80"],
    ])("is on the host that the provider talks to: %s", async (host, address) => {
        pulumi.runtime.setAllConfig({ "docker:host": host });
        expect((await redis()).outputs.address?.value).toBe(address);
        pulumi.runtime.setAllConfig({});
        const { outputs } = await runOn(Engine.Swarm, (engine) => {
            const provider = new docker.Provider("far", { host });
            const args = { engine, image: "x:1", publish: { port: 80 } };
            return { url: new WebApp("web", args, { provider }).url };
        });
        expect(outputs.url?.value).toBe(`http://${address}`);
    });
});

/** Paths of the blocks in a value that say nothing. */
function emptyBlocks(value: unknown, path: string): string[] {
    if (typeof value !== "object" || value === null) return [];
    const entries = Object.entries(value);
    const empty = !Array.isArray(value) && entries.every(([, item]) => JSON.stringify(item) === "[]");
    return [
        ...(empty ? [path] : []),
        ...entries.flatMap(([key, item]) => emptyBlocks(item, `${path}.${key}`)),
    ];
}

test.each<[string, (engine: Engine) => pulumi.ComponentResource]>([
    ["an application", (engine) => new WebApp("x", { engine, image: "x:1", tmpfs: { "/tmp": "" } })],
    ["a Redis", (engine) => new RedisService("x", { engine, persistent: false })],
    ["a Postgres", (engine) => new PostgresService("x", { engine })],
])("the service of %s has no empty block, of which the provider panics", async (_, component) => {
    const { declared } = await runOn(Engine.Swarm, (engine) => {
        component(engine);
        return {};
    });
    const properties = declared.flatMap(({ name, inputs }) =>
        Object.entries(inputs).map(([key, value]) => [`${name}.${key}`, value] as const),
    );
    expect(properties.flatMap(([path, value]) => emptyBlocks(value, path))).toEqual([]);
});
