import { resolve } from "node:path";
import { Engine, RailsWebApp, Volume } from "../../../../components/index.ts";
import { COMMAND, run } from "../../../../testing/index.ts";
import { FakeShell } from "../fake-shell.ts";

const environmentOf = async (program: () => void, command: string) => {
    const { one } = await run(() => {
        program();
        return {};
    });
    return one(COMMAND, command).inputs.environment as Record<string, string>;
};

describe("a volume of a Swarm whose containers mount other data", () => {
    const engine = Engine.Swarm;
    const app = { engine, image: "x:1" };

    test("is created on the node of that data", async () => {
        const program = () => {
            const { source } = new Volume("uploads", { engine });
            const mounts = [
                { path: "/a", volume: "aa" },
                { path: "/b", source },
            ];
            new RailsWebApp("shop", { ...app, mounts, storage: {} });
        };
        const uploads = "drydock.data.shop.dev.uploads";
        expect(await environmentOf(program, "shop-aa")).toMatchObject({ NEAR: uploads });
        expect(await environmentOf(program, "shop-storage")).toMatchObject({
            NEAR: `drydock.data.shop.dev.shop.aa ${uploads}`,
        });
    });

    test("has no NEAR in a program that an earlier version may have deployed", async () => {
        const mounts = [
            { path: "/a", volume: "aa" },
            { path: "/b", volume: "bb" },
        ];
        const program = () => {
            new RailsWebApp("shop", { ...app, mounts });
        };
        expect(await environmentOf(program, "shop-bb")).not.toHaveProperty("NEAR");
    });
});

describe("near.sh", () => {
    /** @param holders nodes by the label of the volume whose data they have */
    const chooseNode = (holders: Record<string, string>, near: string, node = "") => {
        const shell = new FakeShell();
        const cases = Object.entries(holders).map(([label, name]) => `node.label=${label}) echo ${name} ;;`);
        shell.command("docker", `case $4 in\n${cases.join("\n")}\nesac`);
        const environment = { PLACE: "own", NODE: node, NEAR: near };
        const [nodes, nearby] = ["nodes.sh", "near.sh"].map((file) =>
            resolve("components/engines/swarm", file),
        );
        const script = `set -- create; . ${nodes}; . ${nearby}; echo "node $NODE"`;
        const result = shell.evaluate(script, environment);
        shell.remove();
        return result;
    };

    test.each<[string, Record<string, string>, string, string, string]>([
        ["the node of the other data", { "drydock.data.a": "two" }, "drydock.data.a", "", "two"],
        ["the node that the user has chosen", {}, "drydock.data.a", "three", "three"],
        ["no node if there is no other data", {}, "drydock.data.a drydock.data.b", "", ""],
    ])("chooses %s", (_, nodes, near, node, expected) => {
        expect(chooseNode(nodes, near, node)).toMatchObject({ status: 0, stdout: `node ${expected}\n` });
    });

    test("fails if the data is on two nodes", () => {
        const { status, stderr } = chooseNode(
            { "drydock.data.own": "one", "drydock.data.a": "two" },
            "drydock.data.a",
        );
        expect(status).toBe(1);
        expect(stderr).toContain(
            "The data of own is on one, and the data of a on two: no node can run a container",
        );
    });
});
