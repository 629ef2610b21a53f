import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine, RedisService } from "../../../../components/index.ts";
import { COMMAND, run } from "../../../../testing/index.ts";

describe("before a service of a Swarm is removed", () => {
    const dir = mkdtempSync(join(tmpdir(), "drydock-stop-"));
    afterAll(() => {
        rmSync(dir, { recursive: true });
    });

    /** Runs what waits against a docker that lists the tasks of removed services: one line each time it is asked. */
    async function polls(network: string, ...tasks: string[]): Promise<number> {
        const { one } = await run(() => ({
            url: new RedisService("cache", { engine: Engine.Swarm, network }).address,
        }));
        const { inputs } = one(COMMAND, "cache-ready");
        writeFileSync(join(dir, "tasks"), tasks.join("\n") + "\n");
        writeFileSync(join(dir, "asked"), "");
        writeFileSync(
            join(dir, "docker"),
            `#!/bin/sh
cd ${dir}
case "$1 $2" in
"node ls") echo node-1 ;;
"node ps") echo asked >>asked; echo task ;;
"inspect --type") sed -n "$(wc -l <asked)p" tasks ;;
esac
`,
        );
        chmodSync(join(dir, "docker"), 0o755);
        writeFileSync(join(dir, "sleep"), "#!/bin/sh\n", { mode: 0o755 });
        const env = { PATH: `${dir}:${process.env.PATH ?? ""}`, ...(inputs.environment as object) };
        const input = String(inputs.stdin);
        const { status, stderr } = spawnSync("sh", ["-c", String(inputs.delete)], {
            env,
            input,
            encoding: "utf8",
        });
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        return readFileSync(join(dir, "asked"), "utf8").split("\n").length - 1;
    }

    test.each<[string, number, string[]]>([
        ["while containers on its network stop", 3, ["running n1 n2", "running n2", "shutdown n2"]],
        ["not for those on other networks", 1, ["running n1 n3"]],
        ["not for those that have stopped", 1, ["shutdown n2"]],
        ["not where there are none", 1, [""]],
        ["not for ever", 240, Array<string>(500).fill("running n2")],
    ])("users are waited for: %s", async (_, expected, tasks) => {
        expect(await polls("n2", ...tasks)).toBe(expected);
    });
});
