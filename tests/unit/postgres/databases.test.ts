import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Engine, PostgresService, type PostgresServiceArgs } from "../../../components/index.ts";
import { COMMAND, GENERATED, RANDOM_PASSWORD, refusal, type Settings } from "../../../testing/index.ts";
import { ENGINES, nonSecretText, runOn } from "../engines/index.ts";

describe.each(ENGINES)("databases of a Postgres on %s", (engine) => {
    const runPostgres = (args: PostgresServiceArgs, settings?: Settings) =>
        runOn(
            engine,
            () => ({ connections: new PostgresService("db", { engine, ...args }).connections }),
            settings,
        );
    const connection = {
        scheme: "postgres",
        host: "shop-dev-db",
        port: 5432,
        username: "app",
        password: GENERATED.password,
        network: engine === Engine.Swarm ? "db-network-id" : "shop-dev-db",
        aliases: ["db"],
        storage: "shop.dev.db",
    };

    test("are each created by a command once the server is healthy", async () => {
        const { one } = await runPostgres({ database: "orchard", databases: { queue: {} } });
        const { inputs, dependencies } = one(COMMAND, "db-database-queue");
        expect(inputs.environment).toMatchObject({
            DATABASE: "orchard_queue",
            ROLE: "app",
            ROLE_PASSWORD: "",
            PGHOST: connection.host,
            PGUSER: "app",
            PGPASSWORD: GENERATED.password,
            PGDATABASE: "orchard",
            NETWORK: connection.network,
            IMAGE: engine === Engine.Swarm ? GENERATED.digest : GENERATED.image,
        });
        expect(dependencies).toContain(`${COMMAND} db-ready`);
    });

    test("are created again for a new container, without a replacement of what uses them", async () => {
        const { one } = await runPostgres({ databases: { queue: {} } });
        const { inputs, options } = one(COMMAND, "db-database-queue");
        expect(inputs.environment).toMatchObject({ CONTAINER: "db-id", STORAGE: "shop.dev.db" });
        expect(inputs).not.toHaveProperty("triggers");
        expect(options.replaceOnChanges).toEqual(["triggers[*]"]);
    });

    test("have a secret connection each, by key, also with capitals and hyphens", async () => {
        const databases = { queue: {}, "old-cache": { name: "Old-Cache.2" } };
        expect((await runPostgres({ databases })).outputs.connections).toEqual({
            value: {
                queue: { ...connection, database: "app_queue" },
                "old-cache": { ...connection, database: "Old-Cache.2" },
            },
            secret: true,
            known: true,
        });
    });

    test("have connections that are known in later previews", async () => {
        const { outputs } = await runPostgres({ databases: { queue: {} } }, { preview: "later" });
        expect(outputs.connections?.value).toEqual({ queue: { ...connection, database: "app_queue" } });
    });

    test("may have a role of their own, which may create databases if one of them says so", async () => {
        const run = await runPostgres({
            databases: {
                queue: { username: "Worker-1" },
                test: { username: "Worker-1", createDatabases: true },
                cache: { username: "cache" },
                main: { username: "app" },
            },
        });
        expect(run.names(RANDOM_PASSWORD)).toEqual([
            "db-password",
            "db-role-Worker-1-password",
            "db-role-cache-password",
        ]);
        const environments = ["queue", "test", "cache", "main"].map(
            (key) => run.one(COMMAND, `db-database-${key}`).inputs.environment,
        );
        const password = GENERATED.password;
        expect(environments).toMatchObject([
            { ROLE: "Worker-1", ROLE_PASSWORD: password, ROLE_OPTION: "CREATEDB" },
            { ROLE: "Worker-1", ROLE_PASSWORD: password, ROLE_OPTION: "CREATEDB" },
            { ROLE: "cache", ROLE_PASSWORD: password, ROLE_OPTION: "NOCREATEDB" },
            { ROLE: "app", ROLE_PASSWORD: "", ROLE_OPTION: "NOCREATEDB" },
        ]);
        expect(run.outputs.connections?.value).toMatchObject({ queue: { username: "Worker-1" } });
    });

    test("leave their passwords out of everything that is not secret", async () => {
        const run = await runPostgres({ databases: { queue: { username: "worker" } }, password: "mine" });
        expect(nonSecretText(run)).not.toContain(GENERATED.password);
        expect(nonSecretText(run)).not.toContain("mine");
    });

    test("have their names in the inputs of the component, for the summary of a preview", async () => {
        const { one } = await runPostgres({ databases: { queue: {}, cache: { name: "c" } } });
        expect(one("drydock:index:PostgresService").inputs).toEqual({
            databases: { queue: "app_queue", cache: "c" },
        });
    });

    test("change neither the container nor its volume", async () => {
        const none = await runPostgres({});
        const one = await runPostgres({ databases: { queue: {} } });
        expect(one.container()).toEqual(none.container());
        expect(one.volumes).toEqual(none.volumes);
    });
});

test.each<[PostgresServiceArgs, string]>([
    [{ databases: { "a b": {} } }, 'databases.a b: "a b" is not an alias'],
    [{ databases: ["queue"] as never }, "databases: must be an object and not an Output"],
    [{ databases: { queue: null as never } }, "databases.queue: must be an object"],
    [{ databases: { queue: "q" as never } }, "databases.queue: must be an object"],
    [{ databases: { queue: { name: "a b" } } }, 'databases.queue.name: "a b" is not a valid name'],
    [
        { database: "x".repeat(60), databases: { queue: {} } },
        `databases.queue.name: "${"x".repeat(60)}_queue" is not a valid name; use up to 63`,
    ],
    [
        { database: "shop", databases: { main: { name: "shop" } } },
        'databases.main.name: "shop" is also the name in database; use another name',
    ],
    [
        { databases: { a: { name: "x" }, b: { name: "x" } } },
        'databases.b.name: "x" is also the name in databases.a; use another name',
    ],
    [{ databases: { a: { name: "template1" } } }, 'databases.a.name: "template1" is a template'],
    [{ databases: { a: { username: "pg_x" } } }, 'databases.a.username: "pg_x" is reserved'],
    [{ databases: { a: { createDatabases: true } } }, "databases.a.createDatabases: requires username"],
    [
        { engine: Engine.Swarm, persistent: false, databases: { a: {} } },
        "databases: are lost on a Swarm whenever a server without persistent data starts again",
    ],
])("PostgresService refuses %j", async (args, message) => {
    expect(await refusal(() => new PostgresService("db", args))).toContain(message);
});

test("PostgresService refuses databases that are an Output", async () => {
    const databases = pulumi.output({ queue: {} }) as never;
    expect(await refusal(() => new PostgresService("db", { databases }))).toContain(
        "databases: must be an object and not an Output",
    );
});

describe("create-database.sh", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-databases-"));
    afterAll(() => {
        rmSync(directory, { recursive: true });
    });

    /** Runs the command of a database with a fake docker, which records its arguments and the input of `start`. */
    async function createDatabase(docker = "") {
        const { one } = await runOn(Engine.Docker, () => {
            new PostgresService("db", { databases: { queue: { username: "worker" } } });
            return {};
        });
        const { inputs } = one(COMMAND, "db-database-queue");
        const calls = join(directory, "calls");
        writeFileSync(calls, "");
        writeFileSync(
            join(directory, "docker"),
            `#!/bin/sh\necho "$@" >>${calls}\n[ "$1" != create ] || echo 1d\n[ "$1" != start ] || cat >>${calls}\n${docker}\n`,
            { mode: 0o755 },
        );
        const { status } = spawnSync("sh", [], {
            input: String(inputs.stdin),
            env: { PATH: `${directory}:${process.env.PATH ?? ""}`, ...(inputs.environment as object) },
        });
        return { status, calls: readFileSync(calls, "utf8") };
    }

    test("runs psql in a container of the server's network, which it removes", async () => {
        const { status, calls } = await createDatabase();
        expect(status).toBe(0);
        expect(calls).toContain("--label drydock.project=shop --label drydock.stack=dev");
        expect(calls).toContain("--set database=app_queue --set role=worker --set option=NOCREATEDB");
        expect(calls).toContain("network connect shop-dev-db 1d");
        expect(calls).toContain("CREATE DATABASE %I OWNER %I");
        expect(calls).toMatch(/rm --force --volumes 1d\n$/);
    });

    test("passes no password on a command line", async () => {
        expect((await createDatabase()).calls).not.toContain(GENERATED.password);
    });

    test("fails with the exit code of psql, and removes its container", async () => {
        const { status, calls } = await createDatabase('[ "$1" != start ] || exit 3');
        expect(status).toBe(3);
        expect(calls).toMatch(/rm --force --volumes 1d\n$/);
    });
});
