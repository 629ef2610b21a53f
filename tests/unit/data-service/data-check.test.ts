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

const temporary = mkdtempSync(join(tmpdir(), "drydock-check-"));
afterAll(() => {
    rmSync(temporary, { recursive: true });
});

const postgres = (args: PostgresServiceArgs) =>
    run(() => ({ connection: new PostgresService("db", args).connection }));
const redis = (args: RedisServiceArgs) =>
    run(() => ({ connection: new RedisService("db", args).connection }));

describe.each([
    ["PostgresService", postgres],
    ["RedisService", redis],
])("a %s", (_, service) => {
    test.each<[string, PostgresServiceArgs & RedisServiceArgs]>([
        ["a directory of the host", { hostPath: "/srv/db" }],
        ["a volume of the user's", { volume: "pgdata" }],
        ["another image", { image: "team/database:1" }],
        ["an image that is built", { build: { context: "apps/sample" } }],
    ])("with %s is checked before its container is created", async (_, args) => {
        const { names, one } = await service(args);
        expect(names(COMMAND)).toContain("db-check");
        expect(one(CONTAINER).dependencies).toContain(`${COMMAND} db-check`);
    });

    test.each<[string, PostgresServiceArgs & RedisServiceArgs]>([
        ["the official image and a volume of its own", {}],
        ["a directory on a node of a Swarm", { hostPath: "/srv/db", engine: Engine.Swarm }],
    ])("with %s needs no check", async (_, args) => {
        expect((await service(args)).names(COMMAND)).not.toContain("db-check");
    });
});

test("another tag of the official image needs no check", async () => {
    expect((await postgres({ image: "postgres:16-alpine" })).names(COMMAND)).not.toContain("db-check");
    expect((await redis({ image: "redis:7" })).names(COMMAND)).not.toContain("db-check");
});

interface Image {
    /** Programs on its PATH. */
    programs?: string[];
    /** Environment variables that it sets. */
    env?: NodeJS.ProcessEnv;
    /** Commands of a fake docker command that come before it runs the container. */
    docker?: string;
}

const POSTGRES_IMAGE: Image = {
    programs: ["docker-entrypoint.sh", "postgres"],
    env: { PG_MAJOR: "17", PGDATA: "/var/lib/postgresql/data" },
};
const REDIS_IMAGE: Image = { programs: ["redis-cli", "redis-server"] };

/** Runs the check of a service on this machine, with a fake docker command that runs what a container would run. */
async function check(
    service: Promise<Awaited<ReturnType<typeof run>>>,
    { programs = [], env = {}, docker = "" }: Image,
    files: string[] | "a file",
) {
    const directory = mkdtempSync(join(temporary, "case-"));
    const [bin, data] = [join(directory, "bin"), join(directory, "data")];
    const write = (file: string, content: string) => {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content, { mode: 0o755 });
    };
    for (const program of programs) write(join(bin, program), "");
    write(
        join(bin, "docker"),
        `#!/bin/sh\n${docker}\nwhile [ "$1" != -c ]; do shift; done\nexec sh -c "$2"\n`,
    );
    if (files === "a file") write(data, "");
    else {
        mkdirSync(data);
        for (const file of files) write(join(data, file), env.PG_MAJOR ?? "");
    }

    const { inputs } = (await service).one(COMMAND, "db-check");
    const environment = inputs.environment as Record<string, string>;
    const { status, stderr } = spawnSync("sh", String(inputs.create).split(" ").slice(1), {
        input: String(inputs.stdin),
        encoding: "utf8",
        env: {
            PATH: `${bin}:${process.env.PATH ?? ""}`,
            ...env,
            ...environment,
            INSPECT: environment.INSPECT?.replaceAll("/drydock-data", data),
            CHECK: environment.CHECK?.replaceAll("/drydock-data", data),
        },
    });
    return { status, stderr };
}

describe("the check of a Postgres", () => {
    const checkData = (files: string[] | "a file", image = POSTGRES_IMAGE, args: PostgresServiceArgs = {}) =>
        check(postgres({ hostPath: "/srv/db", ...args }), image, files);

    test.each<[string, string[]]>([
        ["an empty directory", []],
        ["the lost+found of a file system", ["lost+found/x"]],
        ["data of Postgres", ["PG_VERSION", "base/1"]],
        ["an interrupted first start", [".first-start/data/base"]],
    ])("accepts %s", async (_, files) => {
        expect(await checkData(files)).toEqual({ status: 0, stderr: "" });
    });

    test("accepts data of Postgres 18, one directory down", async () => {
        const image = { ...POSTGRES_IMAGE, env: { PG_MAJOR: "18", PGDATA: "/var/lib/postgresql/18/docker" } };
        const files = ["18/docker/PG_VERSION", "18/docker/global/pg_control", "notes"];
        expect(await checkData(files, image, { version: "18" })).toMatchObject({ stderr: "", status: 0 });
    });

    test.each<[string, string[], Image["env"], PostgresServiceArgs, string]>([
        [
            "one directory down",
            ["cluster/PG_VERSION", "cluster/global/pg_control"],
            POSTGRES_IMAGE.env,
            {},
            "There is data in /var/lib/postgresql/data/cluster, and this image looks for it in /var/lib/postgresql/data. The data is untouched.\n" +
                "Set dataPath to /var/lib/postgresql/data/cluster, or name another volume.\n",
        ],
        [
            "that version 18 had mounted at its own path",
            ["PG_VERSION", "global/pg_control"],
            { PG_MAJOR: "18", PGDATA: "/var/lib/postgresql/18/docker" },
            { version: "18" },
            "There is data in /var/lib/postgresql, and this image looks for it in /var/lib/postgresql/18/docker. The data is untouched.\n" +
                "Set dataPath to /var/lib/postgresql/18/docker, or name another volume.\n",
        ],
    ])("refuses data %s, and names the path", async (_, files, env, args, message) => {
        const { status, stderr } = await checkData(files, { ...POSTGRES_IMAGE, env }, args);
        expect(status).toBe(1);
        expect(stderr).toContain(message);
    });

    test.each<[string, string[], string]>([
        ["/var/lib/postgresql/data/cluster", ["cluster/PG_VERSION", "cluster/global/x", "notes"], "17"],
        ["/var/lib/postgresql/data/cluster", ["cluster/lost+found/x"], "17"],
        ["/var/lib/postgresql/18/docker", ["PG_VERSION", "global/pg_control"], "18"],
        ["/srv/pg", ["PG_VERSION", "global/pg_control"], "17"],
    ])("with the dataPath %s accepts %j", async (dataPath, files, major) => {
        const image = { ...POSTGRES_IMAGE, env: { PG_MAJOR: major, PGDATA: "/elsewhere" } };
        expect(await checkData(files, image, { dataPath, version: major })).toEqual({
            stderr: "",
            status: 0,
        });
    });

    test("refuses an image that keeps its data elsewhere", async () => {
        const env = { PG_MAJOR: "17", PGDATA: "/home/postgres/pgdata/data" };
        expect(await checkData([], { ...POSTGRES_IMAGE, env })).toEqual({
            status: 1,
            stderr: "The image keeps its data in /home/postgres/pgdata/data, which is not on the volume. Set dataPath to /home/postgres/pgdata/data.\n",
        });
    });

    test("refuses a directory that holds something else", async () => {
        expect(await checkData(["letters/a", "notes"])).toEqual({
            status: 1,
            stderr:
                "/srv/db is not empty and does not hold data of postgres: letters notes ... Nothing was changed.\n" +
                "Name an empty directory or volume, or one with data of postgres.\n",
        });
    });

    test.each([
        ["refuses", "17", 1],
        ["accepts", "18", 0],
    ])("%s a directory called data below the volume of version %s", async (_, version, status) => {
        const directory = version === "18" ? "18/docker" : "data";
        const env = { PG_MAJOR: version, PGDATA: `/var/lib/postgresql/${directory}` };
        const image = { ...POSTGRES_IMAGE, env };
        expect(await checkData(["data/letters"], image, { version })).toMatchObject({ status });
    });

    test("refuses a file", async () => {
        expect(await checkData("a file")).toEqual({
            status: 1,
            stderr: "/srv/db is a file on the Docker host. Name a directory, which Docker creates if it does not exist.\n",
        });
    });

    test.each<[string, Image]>([
        ["with an empty PGDATA", { ...POSTGRES_IMAGE, env: { PG_MAJOR: "17", PGDATA: "" } }],
        ["without the official entrypoint", { ...POSTGRES_IMAGE, programs: [] }],
    ])("refuses an image %s", async (_, image) => {
        expect(await checkData([], image)).toEqual({
            status: 1,
            stderr:
                "The image is not based on the official postgres image.\n" +
                "Use the official postgres image or an image built FROM it. Run any other image in a docker.Container.\n",
        });
    });

    test("of an image alone does not look at any data", async () => {
        const unmounted = check(postgres({ image: "team/database:1" }), POSTGRES_IMAGE, ["letters"]);
        expect(await unmounted).toEqual({ status: 0, stderr: "" });
    });
});

describe("the check of a Redis", () => {
    const checkData = (files: string[], image = REDIS_IMAGE, args: RedisServiceArgs = {}) =>
        check(redis({ hostPath: "/srv/db", ...args }), image, files);

    test.each<[string, string[]]>([
        ["an empty directory", []],
        ["a directory in a git repository", [".gitkeep"]],
        ["a dump", ["dump.rdb", "notes"]],
        ["an append-only file", ["appendonlydir/appendonly.aof.manifest"]],
    ])("accepts %s", async (_, files) => {
        expect(await checkData(files)).toEqual({ status: 0, stderr: "" });
    });

    test("accepts data under the file names of its settings", async () => {
        const settings = { dbfilename: "my dump [1]" };
        expect(await checkData(["my dump [1]"], REDIS_IMAGE, { settings })).toMatchObject({ status: 0 });
        expect(await checkData(["my dump [1]"])).toMatchObject({ status: 1 });
    });

    test("refuses a directory that holds something else", async () => {
        const { status, stderr } = await checkData(["letters/a", "notes"]);
        expect(status).toBe(1);
        expect(stderr).toContain("does not hold data of redis: letters notes ...");
    });

    test("needs no redis-server in the image if there is a command", async () => {
        const image = { programs: ["redis-cli"] };
        expect(await checkData([], image)).toMatchObject({ status: 1 });
        expect(await checkData([], image, { command: ["start"] })).toMatchObject({ status: 0 });
    });

    test("refuses an image without a shell", async () => {
        expect((await checkData([], { docker: "exit 127" })).stderr).toContain(
            "The image has no shell (sh), which the service and its health check need.\nUse the official redis image",
        );
    });

    test("shows other errors of Docker", async () => {
        expect(await checkData([], { docker: "echo no such image; exit 125" })).toEqual({
            status: 1,
            stderr: "no such image\n",
        });
    });
});
