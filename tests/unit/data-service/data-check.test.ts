import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
    Engine,
    PostgresService,
    type PostgresServiceArgs,
    RedisService,
    type RedisServiceArgs,
} from "../../../components/index.ts";
import { COMMAND, CONTAINER, run } from "../../../testing/index.ts";

const folder = mkdtempSync(join(tmpdir(), "drydock-check-"));
afterAll(() => {
    rmSync(folder, { recursive: true });
});

const postgres = (args: PostgresServiceArgs) =>
    run(() => ({ connection: new PostgresService("db", args).connection }));
const redis = (args: RedisServiceArgs) =>
    run(() => ({ connection: new RedisService("db", args).connection }));

test.each<[string, PostgresServiceArgs & RedisServiceArgs, boolean]>([
    ["nothing that the user names", {}, false],
    ["a directory", { hostPath: "/srv/db" }, true],
    ["a volume", { volume: "pgdata" }, true],
    ["an image of one's own", { image: "team/database:1" }, true],
    ["an image that is built", { build: { context: "apps/sample" } }, true],
    ["a directory on a node of a Swarm", { hostPath: "/srv/db", engine: Engine.Swarm }, false],
])("%s: it is looked at before the container is made, or need not be", async (_, args, checked) => {
    for (const { names, one } of [await postgres(args), await redis(args)]) {
        expect(names(COMMAND).includes("db-check")).toBe(checked);
        if (checked) expect(one(CONTAINER).dependencies).toContain(`${COMMAND} db-check`);
    }
});

test("official images of other versions need no look", async () => {
    expect((await postgres({ image: "postgres:16-alpine" })).names(COMMAND)).not.toContain("db-check");
    expect((await redis({ image: "redis:7" })).names(COMMAND)).not.toContain("db-check");
});

describe("the check", () => {
    /** Runs it with a docker command that runs the inner script here, on a directory with these files. */
    const check = async (
        run: typeof postgres | typeof redis,
        files: string[] | undefined,
        { env = {}, docker = "" }: { env?: NodeJS.ProcessEnv; docker?: string } = {},
    ) => {
        const directory = mkdtempSync(join(folder, "case-"));
        const [bin, data] = [join(directory, "bin"), join(directory, "data")];
        mkdirSync(bin);
        if (files) mkdirSync(data);
        else writeFileSync(data, "");
        for (const file of files ?? []) {
            mkdirSync(dirname(join(data, file)), { recursive: true });
            writeFileSync(join(data, file), "17");
        }
        for (const name of ["docker-entrypoint.sh", "redis-cli", "redis-server"])
            writeFileSync(join(bin, name), "", { mode: 0o755 });
        writeFileSync(
            join(bin, "docker"),
            `#!/bin/sh\n${docker}\nwhile [ "$1" != -c ]; do shift; done; exec sh -c "$2"\n`,
            { mode: 0o755 },
        );
        const { one } = await run({ hostPath: "/srv/db" });
        const script = String(one(COMMAND, "db-check").inputs.stdin).replaceAll("/drydock-data", data);
        const { status, stderr } = spawnSync("sh", ["-s", "create"], {
            input: script,
            encoding: "utf8",
            env: {
                PATH: `${bin}:${process.env.PATH ?? ""}`,
                PG_MAJOR: "17",
                PGDATA: "/data",
                IMAGE: "x",
                DATA: "/srv/db",
                ...env,
            },
        });
        return { status, stderr };
    };

    test.each<[string, typeof postgres | typeof redis, string[]]>([
        ["an empty directory", postgres, []],
        ["a file system's lost and found", postgres, ["lost+found/x"]],
        ["data of Postgres", postgres, ["PG_VERSION", "base/1"]],
        ["data of Postgres 18", postgres, ["18/docker/PG_VERSION", "notes"]],
        ["a first start that was interrupted", postgres, [".first-start/data/base"]],
        ["an empty directory", redis, []],
        ["a directory that git keeps", redis, [".gitkeep"]],
        ["a dump", redis, ["dump.rdb", "notes"]],
        ["an append-only file", redis, ["appendonlydir/appendonly.aof.manifest"]],
    ])("accepts %s", async (_, run, files) => {
        expect(await check(run, files)).toEqual({ status: 0, stderr: "" });
    });

    test.each<[string, typeof postgres | typeof redis, string]>([
        ["Postgres", postgres, "postgres"],
        ["Redis", redis, "redis"],
    ])("refuses what is no data of %s", async (_, run, image) => {
        expect(await check(run, ["letters/a", "notes"])).toEqual({
            status: 1,
            stderr:
                `/srv/db is not empty, and what it holds is no data of ${image}: letters notes ... It is untouched.\n` +
                `Name an empty directory or volume, or one with data of ${image}.\n`,
        });
    });

    test.each<[string, boolean]>([
        ["17", false],
        ["18", true],
    ])("refuses a directory called data where the data of Postgres %s belongs", async (version, accepted) => {
        const run = (args: PostgresServiceArgs) => postgres({ ...args, version });
        expect((await check(run, ["data/letters"])).status).toBe(accepted ? 0 : 1);
    });

    test("refuses a file", async () => {
        expect((await check(postgres, undefined)).stderr).toContain(
            "/srv/db is a file on the Docker host. Name a directory, which Docker makes if it is missing.",
        );
    });

    test("refuses an image that is not like the official one", async () => {
        expect((await check(postgres, [], { env: { PG_MAJOR: "" } })).stderr).toBe(
            "The image is not based on the official postgres image.\n" +
                "Use the official postgres image, or one that is built FROM it; run any other in a docker.Container.\n",
        );
    });

    test("refuses an image without a shell", async () => {
        expect((await check(redis, [], { docker: "exit 127" })).stderr).toContain(
            "The image has no shell (sh), which the service and its health check need.\nUse the official redis image",
        );
    });

    test("passes on what Docker says otherwise", async () => {
        expect(await check(redis, [], { docker: "echo no such image; exit 125" })).toEqual({
            status: 1,
            stderr: "no such image\n",
        });
    });
});
