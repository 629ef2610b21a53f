import * as pulumi from "@pulumi/pulumi";
import { PublishArgs, RedisService } from "../../components";
import { CONTAINER, GENERATED, PORT, refusal, run } from "../../testing";

const published = (publish: PublishArgs | undefined, slow?: string) =>
    run(() => ({ address: new RedisService("cache", { publish }).address }), { slow });

test("nothing is published unless asked, and its address is empty", async () => {
    const { one, outputs, names } = await published(undefined);
    expect(one(CONTAINER).inputs).not.toHaveProperty("ports");
    expect(names(PORT)).toEqual([]);
    expect(outputs.address).toEqual({ value: "", secret: false, known: true });
});

test("without a port, one is chosen once and kept, below those for outgoing connections", async () => {
    const { one, outputs } = await published({});
    expect(one(PORT)).toMatchObject({
        ...{
            name: "cache-port",
            inputs: { min: 20000, max: 29999 },
            parent: "drydock:index:RedisService cache",
        },
    });
    expect(one(CONTAINER).inputs.ports).toEqual([
        { internal: 6379, external: GENERATED.port, ip: "127.0.0.1" },
    ]);
    expect(outputs.address?.value).toBe(`127.0.0.1:${GENERATED.port}`);
});

test.each<[PublishArgs, object, string]>([
    [{ port: 7000 }, { external: 7000, ip: "127.0.0.1" }, "127.0.0.1:7000"],
    [
        { port: undefined, ip: undefined },
        { external: GENERATED.port, ip: "127.0.0.1" },
        `127.0.0.1:${GENERATED.port}`,
    ],
    [{ port: 7000, ip: "10.1.2.3" }, { external: 7000, ip: "10.1.2.3" }, "10.1.2.3:7000"],
    [{ port: 7000, ip: "0.0.0.0" }, { external: 7000, ip: "0.0.0.0" }, "localhost:7000"],
    [{ port: 7000, ip: "::" }, { external: 7000, ip: "::" }, "localhost:7000"],
    [{ port: 7000, ip: "::1" }, { external: 7000, ip: "::1" }, "[::1]:7000"],
])("%j is published so", async (publish, port, address) => {
    const { one, outputs } = await published(publish);
    expect(one(CONTAINER).inputs.ports).toEqual([{ internal: 6379, ...port }]);
    expect(outputs.address?.value).toBe(address);
});

test("port and address may be outputs", async () => {
    const { one, outputs } = await run(() => {
        const publish = { port: pulumi.output(7000), ip: pulumi.output("10.1.2.3") };
        return { address: new RedisService("cache", { publish }).address };
    });
    expect(one(CONTAINER).inputs.ports).toEqual([{ internal: 6379, external: 7000, ip: "10.1.2.3" }]);
    expect(outputs.address?.value).toBe("10.1.2.3:7000");
});

test.each([
    [{ port: 0 }, "publish.port: 0 is not a port; use 1 to 65535, or leave it out to have one chosen"],
    [{ port: 70000 }, "publish.port: 70000 is not a port"],
    [{ ip: "localhost" }, "publish.ip: localhost is not an IP address; use 127.0.0.1"],
])("%j is refused", async (publish, reason) => {
    expect(await refusal(() => new RedisService("cache", { publish }))).toContain(reason);
});
