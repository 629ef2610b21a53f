import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type PublishArgs, RedisService } from "../../../components/index.ts";
import { GENERATED, RANDOM_INTEGER, refusal, run } from "../../../testing/index.ts";
import { ENGINES, runOn, TERMS } from "../engines/index.ts";

describe.each(ENGINES)("on %s", (engine) => {
    const { address } = TERMS[engine];
    const published = (publish: PublishArgs | undefined) =>
        runOn(engine, () => ({ address: new RedisService("cache", { engine, publish }).address }));

    test("nothing is published unless asked, and its address is empty", async () => {
        const { container, outputs, names } = await published(undefined);
        expect(container().publish).toBeUndefined();
        expect(names(RANDOM_INTEGER)).toEqual([]);
        expect(outputs.address).toEqual({ value: "", secret: false, known: true });
    });

    test("without a port, one is chosen once and kept, below those for outgoing connections", async () => {
        const { one, container, outputs } = await published({});
        expect(one(RANDOM_INTEGER)).toMatchObject({
            name: "cache-port",
            inputs: { min: 20000, max: 29999 },
            parent: "drydock:index:RedisService cache",
        });
        expect(container().publish).toEqual({ containerPort: 6379, hostPort: GENERATED.port });
        expect(outputs.address?.value).toBe(`${address}:${GENERATED.port}`);
    });

    test.each<[string, PublishArgs, number]>([
        ["a number", { port: 7000 }, 7000],
        ["left out explicitly", { port: undefined, ip: undefined }, GENERATED.port],
        ["an output", { port: pulumi.output(7000) }, 7000],
    ])("the port may be %s", async (_, publish, hostPort) => {
        const { container, outputs } = await published(publish);
        expect(container().publish).toEqual({ containerPort: 6379, hostPort });
        expect(outputs.address?.value).toBe(`${address}:${hostPort}`);
    });

    test("the address resolves only once the service is healthy", async () => {
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
    ])("%j is refused", async (publish, reason) => {
        expect(await refusal(() => new RedisService("cache", { engine, publish }))).toContain(reason);
    });
});

test.each<[string, PublishArgs, string]>([
    ["on every address of another machine", { port: 80, ip: "0.0.0.0" }, "big.example.com:80"],
    ["on one address", { port: 80, ip: "10.0.0.7" }, "10.0.0.7:80"],
])("published %s, it is reached there", async (_, publish, at) => {
    const { outputs } = await run(() => {
        const provider = new docker.Provider("big", { host: "ssh://deploy@big.example.com" });
        return { address: new RedisService("cache", { publish }, { provider }).address };
    });
    expect(outputs.address?.value).toBe(at);
});
