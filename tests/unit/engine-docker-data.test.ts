import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine, RedisService, RedisServiceArgs } from "../../components";
import { COMMAND, run, VOLUME } from "../../testing";

const program = (args: RedisServiceArgs = {}) => {
    new RedisService("cache", { engine: Engine.Docker, ...args });
    return {};
};
const declared = async (args?: RedisServiceArgs) => (await run(() => program(args))).one;

const folder = mkdtempSync(join(tmpdir(), "drydock-volume-"));
afterAll(() => {
    rmSync(folder, { recursive: true });
});

/** Runs a script of what removes the volume with a docker that knows this, and writes down what it is to change. */
async function runs(
    script: "create" | "delete",
    { volumes = [] as string[], replicas = "", owner = "", args = {} as RedisServiceArgs },
) {
    const { inputs } = (await declared(args))(COMMAND, "cache-data-removal");
    const dir = mkdtempSync(join(folder, "run-"));
    const docker = `#!/bin/sh
case "$1 $2" in
"service inspect") echo "${replicas}"; [ -n "${replicas}" ] ;;
"volume ls") printf '%s\\n' ${volumes.join(" ")} ;;
"volume inspect") echo "${owner}" ;;
*) echo "$@" >>${dir}/changes ;;
esac
`;
    writeFileSync(join(dir, "docker"), docker, { mode: 0o755 });
    writeFileSync(join(dir, "changes"), "");
    const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", String(inputs[script])], {
        encoding: "utf8",
        env: { PATH: `${dir}:${process.env.PATH ?? ""}`, ...(inputs.environment as object) },
    });
    return { status, stdout, stderr, changes: readFileSync(join(dir, "changes"), "utf8") };
}

describe("a volume on a Docker Engine", () => {
    test("is not removed by the provider, but by what comes after its container", async () => {
        const one = await declared();
        expect(one(VOLUME).options.retainOnDelete).toBe(true);
        expect(one(COMMAND, "cache-data-removal")).toMatchObject({
            inputs: { environment: { VOLUME: "shop.dev.cache" }, triggers: ["shop.dev.cache"] },
            parent: "drydock:index:RedisService cache",
        });
    });

    test("is removed when it goes", async () => {
        const others = ["shop.dev.cache2", "my-shop.dev.cache"];
        expect(await runs("delete", { volumes: ["shop.dev.cache", ...others] })).toEqual({
            status: 0,
            stdout: "",
            stderr: "",
            changes: "volume rm shop.dev.cache\n",
        });
        expect(await runs("delete", { volumes: others })).toMatchObject({ status: 0, changes: "" });
    });

    test("stays where the component has moved to a Swarm", async () => {
        expect(await runs("delete", { volumes: ["shop.dev.cache"], replicas: "1" })).toEqual({
            status: 0,
            stdout: "shop-dev-cache runs on a Swarm now: the data of shop.dev.cache stays.\n",
            stderr: "",
            changes: "",
        });
    });

    test.each([
        ["the stack's own is removed", "shop/dev", "", "volume rm theirs\n"],
        [
            "one that others made stays",
            "/",
            "theirs was there before this stack, and stays: docker volume rm theirs removes it.\n",
            "",
        ],
        [
            "one of another stack stays",
            "shop/prod",
            "theirs was there before this stack, and stays: docker volume rm theirs removes it.\n",
            "",
        ],
    ])("that the user has named: %s", async (_, owner, stdout, changes) => {
        expect(await runs("delete", { volumes: ["theirs"], owner, args: { volume: "theirs" } })).toEqual({
            status: 0,
            stdout,
            stderr: "",
            changes,
        });
    });

    test("is not mounted while a Swarm's service is at work on it", async () => {
        expect(await runs("create", { replicas: "1" })).toMatchObject({
            status: 1,
            stderr:
                "shop-dev-cache runs on a Swarm, with the data of shop.dev.cache: two at a time would destroy it.\n" +
                "Remove it, which leaves the data, and run pulumi up --refresh: docker service rm shop-dev-cache\n",
        });
        expect(await runs("create", { replicas: "0" })).toMatchObject({ status: 0, stderr: "" });
        expect(await runs("create", {})).toMatchObject({ status: 0, stderr: "" });
    });

    test("is mounted after that is certain", async () => {
        const { early } = await run(() => program(), { slow: "cache-data-removal" });
        expect(early).toContain("cache-data-removal");
        expect(early).not.toContain("cache");
    });
});
