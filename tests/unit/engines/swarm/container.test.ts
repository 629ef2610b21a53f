import * as pulumi from "@pulumi/pulumi";
import { Engine, PostgresService, RedisService, WebApp } from "../../../../components/index.ts";
import { swarmEngine } from "../../../../components/engines/swarm/swarm-engine.ts";
import { GENERATED, run, type Settings } from "../../../../testing/index.ts";
import { runOn, service } from "../index.ts";
import { declareWebApp } from "./services.ts";

describe("the container of a service", () => {
    test.each([
        [1, "1s"],
        [60, "1m"],
        [90, "1m30s"],
        [600, "10m"],
        [3600, "1h"],
        [3605, "1h5s"],
        [3660, "1h1m"],
        [36000, "10h"],
    ])("has durations as the provider reads them back: %d seconds as %s", async (interval, text) => {
        const { containerSpec } = await declareWebApp({ health: { interval }, stopTimeout: interval });
        expect(containerSpec).toMatchObject({ healthcheck: { interval: text }, stopGracePeriod: text });
    });

    test("has capabilities as the provider reads them back, and drops all others", async () => {
        const { containerSpec } = await declareWebApp({ capabilities: ["CHOWN", "ALL"] });
        expect(containerSpec).toMatchObject({ capDrops: ["ALL"], capAdds: ["CAP_CHOWN", "ALL"] });
    });

    test("has its limits in bytes and billionths of a CPU", async () => {
        const { taskSpec } = await declareWebApp({ memory: "512m", cpus: 0.3 });
        expect(taskSpec.resources).toEqual({ limits: { memoryBytes: 536870912, nanoCpus: 300000000 } });
        expect((await declareWebApp()).taskSpec.resources).toEqual({
            limits: { memoryBytes: 0, nanoCpus: 0 },
        });
    });

    test.each([
        [undefined, "any"],
        ["unless-stopped", "any"],
        ["always", "any"],
        ["on-failure", "on-failure"],
        ["no", "none"],
    ])("with the restart policy %s has the restart condition %s", async (restart, condition) => {
        expect((await declareWebApp({ restart })).taskSpec.restartPolicy).toMatchObject({ condition });
    });

    test.each([
        ["", { sizeBytes: 0 }],
        ["size=64", { sizeBytes: 64 }],
        ["size=64k", { sizeBytes: 65536 }],
        ["mode=700,size=64m", { sizeBytes: 67108864, mode: 0o700 }],
        ["mode=1777,size=64m", { sizeBytes: 67108864 }],
        ["mode=01777", { sizeBytes: 0 }],
        ["size=2G,", { sizeBytes: 2147483648 }],
        ["mode=0755", { sizeBytes: 0, mode: 0o755 }],
    ])("has tmpfs mounts with their options: %j", async (options, tmpfsOptions) => {
        const { containerSpec } = await declareWebApp({ tmpfs: { "/tmp": options } });
        expect(containerSpec.mounts).toEqual([{ type: "tmpfs", target: "/tmp", tmpfsOptions }]);
    });

    test("of a Postgres has its shared memory as a tmpfs mount", async () => {
        const program = (engine: Engine) => ({ c: new PostgresService("db", { engine }).connection });
        const { one } = await runOn(Engine.Swarm, program);
        expect(service(one).containerSpec.mounts).toContainEqual({
            type: "tmpfs",
            target: "/dev/shm",
            tmpfsOptions: { sizeBytes: 268435456 },
        });
    });
});

describe("the image of a service", () => {
    const pulled = (repoDigest: string, settings: Settings = {}) => {
        const image = { repoDigest: pulumi.output(repoDigest), name: pulumi.output("mine:1") };
        return run(() => ({ image: swarmEngine.imageReference(image as never) }), settings);
    };

    test("is referenced by its digest, which all nodes can pull", async () => {
        expect((await declareWebApp()).containerSpec.image).toBe(GENERATED.digest);
    });

    test("is refused if it has no digest, as other nodes could not pull it", async () => {
        await expect(pulled("")).rejects.toThrow(
            "mine:1 is not in a registry, so the nodes of a Swarm cannot pull it",
        );
        expect((await pulled("", { preview: "later" })).outputs.image?.value).toBe("");
    });
});

/** Paths of empty blocks in a value. */
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
])("the service of %s has no empty block, on which the provider panics", async (_, component) => {
    const { declared } = await runOn(Engine.Swarm, (engine) => {
        component(engine);
        return {};
    });
    const properties = declared.flatMap(({ name, inputs }) =>
        Object.entries(inputs).map(([key, value]) => [`${name}.${key}`, value] as const),
    );
    expect(properties.flatMap(([path, value]) => emptyBlocks(value, path))).toEqual([]);
});
