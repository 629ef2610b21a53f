import { Engine, RedisService } from "../../../../components/index.ts";
import { COMMAND, run, SERVICE } from "../../../../testing/index.ts";
import { FakeShell } from "../fake-shell.ts";

test("the removal of a service waits for containers on its networks", async () => {
    const { one } = await run(() => {
        new RedisService("cache", { engine: Engine.Swarm, network: "net-1" });
        return {};
    });
    const wait = one(COMMAND, "cache-ready");
    expect(wait.inputs).toMatchObject({ delete: "sh", environment: { NETWORKS: "net-1" } });
    expect(wait.inputs).not.toHaveProperty("create");
    expect(wait.dependencies).toContain(`${SERVICE} cache`);
});

describe("shutdown.sh", () => {
    let shell: FakeShell;
    beforeEach(() => {
        shell = new FakeShell();
        shell.command("sleep", "");
    });
    afterEach(() => {
        shell.remove();
    });

    test.each<[string, number, string[]]>([
        ["waits while a container on the network runs", 3, ["running n1 n2", "running n2", "shutdown n2"]],
        ["does not wait for containers on other networks", 1, ["running n1 n3"]],
        ["does not wait for containers that have stopped", 1, ["shutdown n2"]],
        ["does not wait if there are no containers", 1, [""]],
        ["does not wait for ever", 240, Array<string>(500).fill("running n2")],
    ])("%s", (_, expected, states) => {
        // One line for each time that the script lists the containers of removed services.
        shell.write("states", `${states.join("\n")}\n`);
        shell.command(
            "docker",
            `case "$1 $2" in
"node ls") echo node-1 ;;
"node ps") echo listed >>lists; echo task ;;
"inspect --type") sed -n "$(wc -l <lists)p" states ;;
esac`,
        );
        const { status, stderr } = shell.run("swarm/shutdown.sh", [], { NETWORKS: "n2" });
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(shell.read("lists").split("\n").filter(Boolean)).toHaveLength(expected);
    });
});
