import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Engine, type PublishArgs, RedisService } from "../../../components/index.ts";
import { GENERATED, RANDOM_INTEGER, refusal, run } from "../../../testing/index.ts";
import { runOn } from "../engines/index.ts";

describe.each([
    [Engine.Docker, "127.0.0.1"],
    [Engine.Swarm, "localhost"],
])("publish on %s", (engine, host) => {
    const runRedis = (publish: PublishArgs | undefined) =>
        runOn(engine, () => ({ address: new RedisService("cache", { engine, publish }).address }));

    test("is off by default, and the address is empty", async () => {
        const { container, outputs, names } = await runRedis(undefined);
        expect(container().publish).toBeUndefined();
        expect(names(RANDOM_INTEGER)).toEqual([]);
        expect(outputs.address).toEqual({ value: "", secret: false, known: true });
    });

    test("chooses a port, which the state keeps", async () => {
        const { one, container, outputs } = await runRedis({});
        expect(one(RANDOM_INTEGER)).toMatchObject({
            name: "cache-port",
            inputs: { min: 20000, max: 29999 },
            parent: "drydock:index:RedisService cache",
        });
        expect(container().publish).toEqual({ containerPort: 6379, hostPort: GENERATED.port });
        expect(outputs.address?.value).toBe(`${host}:${GENERATED.port}`);
    });

    test.each<[string, PublishArgs, number]>([
        ["a number", { port: 7000 }, 7000],
        ["undefined", { port: undefined, ip: undefined }, GENERATED.port],
        ["an Output", { port: pulumi.output(7000) }, 7000],
    ])("accepts %s as the port", async (_, publish, hostPort) => {
        const { container, outputs } = await runRedis(publish);
        expect(container().publish).toEqual({ containerPort: 6379, hostPort });
        expect(outputs.address?.value).toBe(`${host}:${hostPort}`);
    });

    test("resolves the address only once the service is healthy", async () => {
        const { startedWhilePaused, containers } = await runOn(
            engine,
            () => {
                const { address } = new RedisService("cache", { engine, publish: { port: 7000 } });
                const image = address.apply((text) => `redis:${text.length}`);
                new RedisService("next", { engine, image, network: "mine" });
                return {};
            },
            { pause: "cache" },
        );
        expect(startedWhilePaused).toContain("cache");
        expect(startedWhilePaused).not.toContain("next");
        expect(containers).toEqual(["cache", "next"]);
    });

    test.each([
        [{ port: 0 }, "publish.port: 0 is not a port; use 1 to 65535, or leave it out"],
        [{ port: 70000 }, "publish.port: 70000 is not a port"],
        [{ ip: "localhost" }, 'publish.ip: "localhost" is not an IP address; use 127.0.0.1'],
    ])("refuses %j", async (publish, message) => {
        expect(await refusal(() => new RedisService("cache", { engine, publish }))).toContain(message);
    });
});

test.each<[string, PublishArgs, string]>([
    ["its host name for a port on all addresses", { port: 80, ip: "0.0.0.0" }, "big.example.com:80"],
    ["the IP address for a port on one address", { port: 80, ip: "10.0.0.7" }, "10.0.0.7:80"],
])("the address on another machine has %s", async (_, publish, address) => {
    const { outputs } = await run(() => {
        const provider = new docker.Provider("big", { host: "ssh://deploy@big.example.com" });
        return { address: new RedisService("cache", { publish }, { provider }).address };
    });
    expect(outputs.address?.value).toBe(address);
});
