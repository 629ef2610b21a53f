import { Clone } from "../clone.ts";
import { Example } from "../example.ts";
import { acceptsConnections, freePort } from "../network.ts";

interface Outputs {
    addresses: { hostPort: string; local: string; dynamic: string[]; mapped: string };
    passwords: { hostPort: string; local: string; dynamic: string[]; mapped: string };
    foregroundOutput: string;
    logs: string;
    inspect: string;
}

describe("redis-ports", () => {
    const clone = new Clone();
    const example = new Example(clone, "redis-ports");
    const portOf = (address: string) => Number(address.split(":").at(-1));
    let outputs: Outputs;
    beforeAll(async () => {
        example.configure({ port: await freePort(), localPort: await freePort() });
        await example.up();
        outputs = example.outputs() as Outputs;
    });
    afterAll(async () => {
        await example.make("down");
        expect(example.dockerObjects()).toBe("");
        await clone.dispose();
    });

    test("publishes one Redis on all addresses, one on 127.0.0.1, and one not at all", () => {
        const bindings = (name: string): unknown =>
            JSON.parse(example.inspect(name, "{{json .HostConfig.PortBindings}}"));
        const bound = (ip: string, address: string) => ({
            "6379/tcp": [{ HostIp: ip, HostPort: String(portOf(address)) }],
        });
        expect(bindings("host-port")).toEqual(bound("0.0.0.0", outputs.addresses.hostPort));
        expect(bindings("local")).toEqual(bound("127.0.0.1", outputs.addresses.local));
        expect(bindings("unpublished")).toEqual({});
    });

    test("outputs the chosen ports of two servers, which they keep", async () => {
        const ports = outputs.addresses.dynamic.map(portOf);
        expect(new Set(ports).size).toBe(2);
        for (const [i, port] of ports.entries()) {
            expect(await acceptsConnections(port)).toBe(true);
            const cli = `docker run --rm --network host --env REDISCLI_AUTH=${outputs.passwords.dynamic[i] ?? ""} redis:8 redis-cli -p ${port}`;
            expect(clone.shell(`${cli} PING`)).toBe("PONG\n");
        }
        clone.shell(`docker restart ${example.container("dynamic-1")}`);
        await example.up();
        expect((example.outputs() as Outputs).addresses).toEqual(outputs.addresses);
    });

    test("keeps data in a host directory when the stack is removed", async () => {
        example.redis("mapped", "SET cargo rum");
        expect(await example.make("down")).toSucceed();
        expect(clone.shell(`ls ${example.dir}/data`)).toContain("dump.rdb");
        await example.up();
        expect(example.redis("mapped", "GET cargo")).toBe("rum");
    });

    test("runs another command in the same image, and outputs its result", () => {
        expect(outputs.foregroundOutput).toMatch(/^Redis server v=8/);
    });

    test("outputs commands that read the log and inspect the container", () => {
        expect(clone.shell(outputs.logs)).toContain("Ready to accept connections");
        expect(clone.shell(outputs.inspect)).toContain('"IPAddress"');
    });
});
