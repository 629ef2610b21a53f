import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Engine, WebApp, type WebAppArgs } from "../../../components/index.ts";
import { COMMAND } from "../../../testing/index.ts";
import { ENGINES, runOn } from "./index.ts";

const processes = {
    worker: { command: ["bin/jobs"] },
    clock: { command: ["bin/clock"], health: { command: ["bin/ok"] } },
};

const app = (engine: Engine, args: Partial<WebAppArgs> = {}) =>
    runOn(engine, () => ({ url: new WebApp("web", { engine, image: "x:1", processes, ...args }).url }));

test.each(ENGINES)(
    "on %s only what has no health check is watched, again when it is replaced",
    async (engine) => {
        const { one, names } = await app(engine);
        expect(names(COMMAND).filter((name) => name.endsWith("-running"))).toEqual(["web-worker-running"]);
        const { inputs } = one(COMMAND, "web-worker-running");
        expect(inputs).toMatchObject({ create: "sh", triggers: [(inputs.environment as { ID: string }).ID] });
    },
);

describe("the script", () => {
    const folder = mkdtempSync(join(tmpdir(), "drydock-stays-up-"));
    afterAll(() => {
        rmSync(folder, { recursive: true });
    });

    /** Runs the script for the worker with a docker command that answers with these lines, and no pauses. */
    async function watch(engine: Engine, answers: string[]) {
        const { one } = await app(engine);
        const bin = mkdtempSync(join(folder, "bin-"));
        writeFileSync(join(bin, "answers"), `${answers.join("\n")}\n`);
        writeFileSync(
            join(bin, "docker"),
            `#!/bin/sh
# Otherwise it would follow "docker context use", which the provider does not.
[ -n "$DOCKER_HOST" ] || exit 9
case "$*" in
logs* | *" logs "*) printf 'Error: no table\\n\\tfrom /gems/x.rb:1:in y\\n' ;;
*no-trunc*) echo 'Failed 1 second ago "task: non-zero exit (1)"' ;;
*) head -n 1 ${bin}/answers; [ "$(wc -l <${bin}/answers)" = 1 ] || sed -i.bak 1d ${bin}/answers ;;
esac
`,
        );
        writeFileSync(join(bin, "sleep"), "#!/bin/sh\n");
        for (const file of ["docker", "sleep"]) chmodSync(join(bin, file), 0o755);
        const env = { PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`, ID: "1" };
        const input = one(COMMAND, "web-worker-running").inputs.stdin as string;
        return spawnSync("sh", { input, env, encoding: "utf8" });
    }

    test.each([
        ["runs on", ["running 0 false 0 unless-stopped"]],
        ["runs on after restarts of before", ["running 0 false 7 unless-stopped"]],
        ["has done what it was for", ["running 0 false 0 no", "exited 0 false 0 no"]],
    ])("is content with a container that %s", async (_, answers) => {
        const { status, stderr } = await watch(Engine.Docker, answers);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    });

    test.each([
        ["exits", ["restarting 1 false 1 always"], "shop-dev-web-worker exited with code 1"],
        ["exits later", ["running 0 false 0 always", "running 0 false 1 always"], "exits again and again"],
        [
            "ends well",
            ["restarting 0 false 1 always"],
            "exit code 0: its command must stay in the foreground",
        ],
        ["needs too much", ["restarting 137 true 1 always"], "OOMKilled): raise memory"],
        ["fails for good", ["exited 3 false 0 no"], "exited with code 3"],
        ["is not to be found", ["restarting 127 false 1 always"], "its command was not found"],
    ])("fails when a container %s, with its last lines", async (_, answers, reason) => {
        const { status, stderr } = await watch(Engine.Docker, answers);
        expect(status).toBe(1);
        expect(stderr).toContain(reason);
        expect(stderr).toMatch(/Its last lines:\nError: no table\n$/);
    });

    test("fails when the replicas of a service are others than before, or none", async () => {
        expect(await watch(Engine.Swarm, ["a Running 3 seconds ago"])).toMatchObject({
            status: 0,
            stderr: "",
        });
        for (const later of ["b Running 1 second ago", "b Ready 1 second ago"]) {
            const { status, stderr } = await watch(Engine.Swarm, ["a Running 3 seconds ago", later]);
            expect(status).toBe(1);
            expect(stderr).toContain("non-zero exit (1)");
            expect(stderr).toContain("Error: no table");
        }
        expect(await watch(Engine.Swarm, ["b Ready 1 second ago"])).toMatchObject({ status: 1 });
    });
});
