import { Sandbox } from "../../sandbox.ts";
import { runStep } from "../run-step.ts";

const URN = "urn:pulumi:dev::shop::drydock:index:WebApp$";

/** A container in the state, on a network, with a generated port. */
function container(id: string, network: string, port: number) {
    return {
        type: "docker:index/container:Container",
        urn: `${URN}docker:index/container:Container::${id}`,
        id,
        inputs: {
            name: id,
            restart: "unless-stopped",
            networksAdvanced: [{ name: network, aliases: ["web"] }],
            ports: [{ external: port, ip: "127.0.0.1" }],
        },
    };
}

describe("a container that was removed, stopped or disconnected by hand", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
    });
    afterEach(() => {
        sandbox.dispose();
    });

    /** Runs the repair on a state, where `docker ps` lists these containers. */
    async function repair(
        resources: object[],
        containers: string[][],
        verb: "up" | "down" = "up",
        steps: object[] | null = [],
        answers: string[] = [],
    ) {
        const plan = steps ? `echo '${JSON.stringify({ steps })}'` : "echo no plan; exit 255";
        const state = JSON.stringify({ deployment: { resources } });
        sandbox.program(
            "pulumi",
            `case $1 in stack) echo '${state}' ;; config) echo '{}' ;; preview) ${plan} ;; esac`,
        );
        const lines = containers.map((fields) => `${fields.join("\\t")}\\n`).join("");
        sandbox.program(
            "docker",
            `case "$*" in
                info*) echo id false ;;
                ${answers.join("\n")}
                *--filter*) ;;
                "ps "*) printf '${lines}' ;;
                "network ls"*) printf 'n1\\tnet\\n' ;;
                inspect*) echo running healthy ;;
                "start broken") echo "port is already allocated" >&2; exit 1 ;;
            esac`,
        );
        const run = await runStep(sandbox, verb, "shop");
        const acts = /^(docker (start|unpause|network connect|rm)|pulumi (refresh|state))/;
        return { ...run, acts: sandbox.calls().filter((call) => acts.test(call)) };
    }

    const state = (...ids: string[]) => ids.map((id, i) => container(id, "net", 20_000 + i));

    test("is started or connected in Docker, or created by the next update", async () => {
        const { code, output, acts } = await repair(
            state("up", "stopped", "paused", "cut", "gone", "broken"),
            [
                ["up", "up", "running", "Up 2 hours", "net", ""],
                ["stopped", "stopped", "exited", "Exited (0)", "net", ""],
                ["paused", "paused", "paused", "Up 2 hours (Paused)", "net", ""],
                ["cut", "cut", "running", "Up 2 hours", "", ""],
                ["broken", "broken", "exited", "Exited (1)", "net", ""],
            ],
        );
        expect(acts).toEqual([
            "docker network connect --alias web net cut",
            "docker start stopped",
            "docker unpause paused",
            "docker start broken",
            `pulumi refresh --yes --skip-preview --target ${URN}docker:index/container:Container::gone --stack dev`,
        ]);
        expect(output).toContain("stopped is not running. Starting it");
        expect(output).toContain("cut is disconnected from its network. Connecting it to net");
        expect(output).toContain("Missing in Docker; creating again: container gone");
        expect(output).toContain("broken: port is already allocated");
        expect(code).toBe(0);
    });

    test("is replaced if its network was removed, or its generated port is taken", async () => {
        const port = {
            type: "random:index/randomInteger:RandomInteger",
            urn: `${URN}random:index/randomInteger:RandomInteger::web-port`,
            outputs: { result: 20_001 },
        };
        const { output, acts } = await repair(
            [container("lost", "elsewhere", 20_000), container("web", "net", 20_001), port],
            [
                ["lost", "lost", "exited", "Exited (0)", "elsewhere", ""],
                ["web", "web", "exited", "Exited (0)", "net", ""],
                ["other", "other", "running", "Up 2 hours", "", "127.0.0.1:20001->80/tcp"],
            ],
        );
        expect(acts).toEqual([
            `pulumi state taint --yes ${port.urn} ${URN}docker:index/container:Container::lost --stack dev`,
        ]);
        expect(output).toContain("Another program listens on the generated port 20001. Generating another");
    });

    test("is replaced, with the reason, if it cannot start", async () => {
        const { output, acts } = await repair(
            [container("lost", "elsewhere", 20_000), container("dead", "net", 20_001)],
            [
                ["lost", "lost", "exited", "Exited (0)", "elsewhere", ""],
                ["dead", "dead", "dead", "Dead", "net", ""],
            ],
        );
        const urns = ["lost", "dead"].map((id) => `${URN}docker:index/container:Container::${id}`);
        expect(acts).toEqual([`pulumi state taint --yes ${urns.join(" ")} --stack dev`]);
        expect(output).toContain("lost cannot start, because its network no longer exists. Replacing it");
        expect(output).toContain(
            "dead cannot start, because Docker could not remove it completely. Replacing it",
        );
    });

    test("is left alone when the stack is destroyed, and so are containers that run", async () => {
        const [gone] = state("gone");
        expect((await repair([gone ?? {}], [], "down")).acts).toEqual([]);
        expect(await repair(state("up"), [["up", "up", "running", "Up 2 hours", "net", ""]])).toMatchObject({
            acts: [],
            output: "",
        });
    });

    test("is not started if the preview fails: the update reports why", async () => {
        const stopped = [["old", "old", "exited", "Exited (0)", "net", ""]];
        expect(await repair(state("old"), stopped, "up", null)).toMatchObject({ code: 0, acts: [] });
    });

    test.each([
        ["another container writes its data", "PostgresService", true, []],
        ["another container only reads its data", "PostgresService", false, ["docker start db"]],
        ["it is an application, which may share data", "WebApp", true, ["docker start db"]],
    ])("is started unless another server uses its data: %s", async (_, component, RW, expected) => {
        const [db = container("db", "net", 1)] = state("db");
        const urn = db.urn.replace("WebApp", component);
        const inputs = { ...db.inputs, volumes: [{ volumeName: "shop.dev.db", containerPath: "/data" }] };
        const user = JSON.stringify({ name: "/by-hand", mounts: [{ Name: "shop.dev.db", RW }] });
        const stopped = [["db", "db", "exited", "Exited (0)", "net", ""]];
        const { acts, output } = await repair(
            [{ ...db, urn, inputs }],
            stopped,
            "up",
            [],
            [`*"--filter volume=shop.dev.db") echo user ;;`, `*" user") echo '${user}' ;;`],
        );
        expect(acts).toEqual(expected);
        if (expected.length === 0) expect(output).toContain("by-hand uses its data");
    });

    test("is not started if the update removes it: its data may have moved to a Swarm", async () => {
        const [old, kept] = state("old", "kept");
        const stopped = ["old", "kept"].map((id) => [id, id, "exited", "Exited (0)", "net", ""]);
        const steps = [{ op: "delete", urn: old?.urn }];
        expect((await repair([old ?? {}, kept ?? {}], stopped, "up", steps)).acts).toEqual([
            "docker start kept",
        ]);
    });
});
