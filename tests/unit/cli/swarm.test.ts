import { nodeAddress } from "../../../cli/swarm.ts";

describe("the address of a node's engine", () => {
    const node = { id: "n2", name: "two", address: "192.0.2.2" };
    const stack = (nodes?: unknown) => ({ config: () => nodes, option: " --stack prod" });

    test.each([
        [undefined, "ssh://deploy@one:2222", "ssh://deploy@192.0.2.2:2222"],
        [undefined, "ssh://one", "ssh://192.0.2.2"],
        [{ two: "ssh://root@two" }, "ssh://one", "ssh://root@two"],
        [{ three: "ssh://root@three" }, "ssh://one", "ssh://192.0.2.2"],
        [3, "ssh://one", "ssh://192.0.2.2"],
    ])("with drydock:nodes %j and docker:host %s is %s", (configured, manager, address) => {
        expect(nodeAddress(node, stack(configured), manager)).toBe(address);
    });

    test("of IPv6 has brackets", () => {
        expect(nodeAddress({ ...node, address: "2001:db8::2" }, stack(), "ssh://one")).toBe(
            "ssh://[2001:db8::2]",
        );
    });

    test("must be configured if docker:host is not an ssh address", () => {
        expect(() => nodeAddress(node, stack(), "unix:///var/run/docker.sock")).toThrow(
            expect.objectContaining({
                message: expect.stringContaining(
                    "Drydock cannot reach the Docker Engine of node two",
                ) as string,
                remedy: expect.stringContaining(
                    `config set --stack prod --path 'drydock:nodes["two"]'`,
                ) as string,
            }) as Error,
        );
    });
});
