import * as pulumi from "@pulumi/pulumi";
import { Engine, PostgresService, type PostgresServiceArgs } from "../../../components/index.ts";
import { startScript } from "../../../components/postgres/postgres-service.ts";
import {
    GENERATED,
    IMAGE,
    RANDOM_INTEGER,
    RANDOM_PASSWORD,
    refusal,
    REMOTE_IMAGE,
    type Settings,
} from "../../../testing/index.ts";
import { ENGINES, nonSecretText, runOn } from "../engines/index.ts";

const START_PATH = "/run/drydock/start-postgres";
const PASSWORD_PATH = "/run/drydock/postgres-password";

describe.each([
    {
        engine: Engine.Docker,
        pulledImage: GENERATED.image,
        build: { context: "apps/sample" },
        entrypoint: [START_PATH],
        network: "shop-dev-db",
        hostAddress: "127.0.0.1",
    },
    {
        engine: Engine.Swarm,
        pulledImage: GENERATED.digest,
        build: { context: "apps/sample", push: { image: "registry.example.com/sample:1" } },
        entrypoint: ["sh", START_PATH],
        network: "db-network-id",
        hostAddress: "localhost",
    },
])("PostgresService on $engine", ({ engine, pulledImage, build, entrypoint, network, hostAddress }) => {
    const runPostgres = (args: PostgresServiceArgs = {}, settings: Settings = {}) =>
        runOn(
            engine,
            () => {
                const { connection, address } = new PostgresService("db", { engine, ...args });
                return { connection, address };
            },
            settings,
        );
    const containerWith = async (args: PostgresServiceArgs = {}) => (await runPostgres(args)).container();

    test("runs the official image with start.sh as its entrypoint", async () => {
        const { one, container } = await runPostgres();
        expect(one(REMOTE_IMAGE).inputs.name).toBe("postgres:17");
        expect(container()).toMatchObject({
            name: "db",
            parent: "drydock:index:PostgresService db",
            hostName: "shop-dev-db",
            image: pulledImage,
            entrypoint,
            command: ["postgres"],
            restart: "always",
            stopTimeout: 60,
            sharedMemory: 256,
            networks: ["shop-dev-db"],
            health: { startPeriod: 120, waitTimeout: 120 },
            capabilities: { drops: ["ALL"], adds: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"] },
        });
        expect(container().env).toEqual({
            POSTGRES_USER: "app",
            POSTGRES_DB: "app",
            POSTGRES_PASSWORD_FILE: PASSWORD_PATH,
        });
        expect(container().files).toEqual({
            [START_PATH]: {
                content: startScript("/var/lib/postgresql/data"),
                secret: expect.any(Boolean) as boolean,
            },
            [PASSWORD_PATH]: { content: GENERATED.password, secret: true },
        });
    });

    test.each<[PostgresServiceArgs, string]>([
        [{}, "/var/lib/postgresql/data"],
        [{ version: "9.6" }, "/var/lib/postgresql/data"],
        [{ version: "17-alpine" }, "/var/lib/postgresql/data"],
        [{ version: "18" }, "/var/lib/postgresql"],
        [{ version: "18beta1" }, "/var/lib/postgresql"],
        [{ version: "19.1-alpine" }, "/var/lib/postgresql"],
        [{ image: "postgres:18-alpine" }, "/var/lib/postgresql"],
        [{ image: "postgres:16" }, "/var/lib/postgresql/data"],
        [{ image: "registry.example.com/postgis/postgis:18-3.6" }, "/var/lib/postgresql"],
        [{ image: "team/shop-db:25", version: "17" }, "/var/lib/postgresql/data"],
        [{ image: "team/postgres:2025.1", version: "17" }, "/var/lib/postgresql/data"],
        [{ image: "postgres:latest", version: "18" }, "/var/lib/postgresql"],
        [{ image: "team/shop-db:25" }, "/var/lib/postgresql/data"],
        [{ image: pulumi.output("postgres:18"), version: "18" }, "/var/lib/postgresql"],
        [{ build, version: "18" }, "/var/lib/postgresql"],
        [{ image: "pgvector/pgvector:pg18" }, "/var/lib/postgresql"],
        [{ image: "timescale/timescaledb:2.17.2-pg18" }, "/var/lib/postgresql"],
        [{ image: "timescale/timescaledb:latest-pg16" }, "/var/lib/postgresql/data"],
        [{ dataPath: "/var/lib/postgresql/data/cluster" }, "/var/lib/postgresql/data"],
        [{ dataPath: "/var/lib/postgresql/data" }, "/var/lib/postgresql/data"],
        [{ dataPath: "/srv/pg/" }, "/srv/pg"],
        [{ version: "18", dataPath: "/var/lib/postgresql/18/docker" }, "/var/lib/postgresql/18/docker"],
        [{ version: "18", dataPath: "/var/lib/postgresql/data" }, "/var/lib/postgresql"],
        [{ version: "18", dataPath: "/var/lib/postgresql" }, "/var/lib/postgresql"],
    ])("with %j mounts its volume at %s", async (args, path) => {
        expect((await containerWith(args)).mounts).toEqual([
            { path, volume: "shop.dev.db", readOnly: false },
        ]);
    });

    test("passes dataPath and env to the image", async () => {
        const args = { dataPath: "/var/lib/postgresql/data/cluster/", env: { POSTGRES_INITDB_ARGS: "-k" } };
        expect((await containerWith(args)).env).toEqual({
            POSTGRES_USER: "app",
            POSTGRES_DB: "app",
            POSTGRES_PASSWORD_FILE: PASSWORD_PATH,
            PGDATA: "/var/lib/postgresql/data/cluster",
            POSTGRES_INITDB_ARGS: "-k",
        });
    });

    test.each<[PostgresServiceArgs, string]>([
        [{ version: "16.4" }, "postgres:16.4"],
        [{ image: "postgis/postgis:17-3.5", version: "17" }, "postgis/postgis:17-3.5"],
    ])("with %j pulls %s", async (args, image) => {
        expect((await runPostgres(args)).one(REMOTE_IMAGE).inputs.name).toBe(image);
    });

    test("builds its image", async () => {
        const { names, one, container } = await runPostgres({ build });
        expect(names(REMOTE_IMAGE)).toEqual([]);
        expect(one(IMAGE).name).toBe("db-image");
        expect(container().image).toBe(GENERATED.built);
    });

    test("passes database and username to the image and the health check", async () => {
        const { env, health } = await containerWith({ database: "my-app", username: "MyApp" });
        expect(env).toMatchObject({ POSTGRES_USER: "MyApp", POSTGRES_DB: "my-app" });
        expect(health?.test.slice(-6)).toEqual(["pg_isready", "-U", "MyApp", "-d", "my-app", "-h"]);
    });

    test("passes settings on the command line, empty ones too", async () => {
        const settings = { max_connections: "200", shared_preload_libraries: "" };
        expect((await containerWith({ settings })).command).toEqual([
            ...["postgres", "-c", "max_connections=200", "-c", "shared_preload_libraries="],
        ]);
    });

    test("mounts init scripts as secret files", async () => {
        const script = pulumi.secret("echo hidden");
        const run = await runPostgres({
            initScripts: { "10-schema.sql": "CREATE TABLE x ()", "20-more.sh": script },
        });
        expect(run.container().files).toMatchObject({
            "/docker-entrypoint-initdb.d/10-schema.sql": { content: "CREATE TABLE x ()" },
            "/docker-entrypoint-initdb.d/20-more.sh": { content: "echo hidden", secret: true },
        });
        expect(nonSecretText(run)).not.toContain("hidden");
    });

    test("accepts spaces and accents in the name of an init script, and an empty one", async () => {
        const { files } = await containerWith({
            initScripts: { "a b.sql": "", "c-é.sh": pulumi.output("") },
        });
        expect(files["/docker-entrypoint-initdb.d/a b.sql"]?.content).toBe("\n");
        expect(files["/docker-entrypoint-initdb.d/c-é.sh"]?.content).toBe("\n");
    });

    test("limits memory and sets the size of /dev/shm", async () => {
        const container = await containerWith({ memory: "1g", sharedMemory: "64m" });
        expect(container).toMatchObject({ memory: 1024, sharedMemory: 64 });
    });

    test("joins an existing network", async () => {
        const { container, networks } = await runPostgres({ network: "mine" });
        expect(container().networks).toEqual(["mine"]);
        expect(networks).toEqual([]);
    });

    test("passes on the timing of the health check", async () => {
        const health = { retries: 9, waitTimeout: 300 };
        expect(await containerWith({ health })).toMatchObject({ health });
    });

    test("publishes its port", async () => {
        const { container, outputs } = await runPostgres({ publish: { port: 5433 } });
        expect(container().publish).toEqual({ containerPort: 5432, hostPort: 5433 });
        expect(outputs.address?.value).toBe(`${hostAddress}:5433`);
    });

    test("chooses a port to publish", async () => {
        expect((await runPostgres({ publish: {} })).one(RANDOM_INTEGER).name).toBe("db-port");
    });

    test("has no inputs of its own, so that the state holds no argument in plain text", async () => {
        const { one } = await runPostgres({ password: "own" });
        expect(one("drydock:index:PostgresService").inputs).toEqual({});
    });

    test("generates a password of letters and digits", async () => {
        expect((await runPostgres()).one(RANDOM_PASSWORD)).toMatchObject({
            name: "db-password",
            inputs: { length: 32, special: false },
        });
    });

    test.each<[string, PostgresServiceArgs, string]>([
        ["generated", {}, GENERATED.password],
        ["given", { password: "own-password" }, "own-password"],
    ])("keeps a %s password in a secret file and nowhere else", async (_, args, password) => {
        const run = await runPostgres(args);
        expect(run.container().files[PASSWORD_PATH]).toEqual({ content: password, secret: true });
        expect(run.container().secrets).toEqual(["files"]);
        expect(nonSecretText(run)).not.toContain(password);
    });

    describe("connection", () => {
        const connection = {
            scheme: "postgres",
            host: "shop-dev-db",
            port: 5432,
            username: "app",
            database: "app",
            password: GENERATED.password,
            network,
            aliases: ["db"],
            storage: "shop.dev.db",
        };

        test("holds address and credentials, and is secret", async () => {
            expect((await runPostgres()).outputs.connection).toEqual({
                value: connection,
                secret: true,
                known: true,
            });
        });

        test("follows the arguments", async () => {
            const args = { username: "clerk", database: "orders", password: "own", network: "mine" };
            const { outputs } = await runPostgres(args);
            expect(outputs.connection?.value).toEqual({ ...connection, aliases: undefined, ...args });
        });

        test("is unknown in the first preview and known in later ones", async () => {
            const first = await runPostgres({}, { preview: "first" });
            expect(first.outputs.connection).toMatchObject({ known: false, secret: true });
            const later = await runPostgres({}, { preview: "later" });
            expect(later.outputs.connection?.value).toEqual(connection);
        });
    });
});

test.each<[PostgresServiceArgs, string]>([
    [{ version: "latest" }, 'version: "latest" is not a version; write it like 17, 17.2 or'],
    [{ image: "postgres:latest" }, 'image: "postgres:latest" does not show the version of Postgres'],
    [{ image: "postgres" }, 'image: "postgres" does not show the version of Postgres'],
    [{ image: "docker.io/library/postgres:alpine" }, "does not show the version of Postgres, on which the"],
    [{ image: `postgres@sha256:${"1".repeat(64)}` }, "does not show the version of Postgres, on which the"],
    [
        { image: "postgres:17-alpine", version: "18" },
        'version: "18" is not the version of the image, which is 17; correct it, or leave it out',
    ],
    [
        { database: "my db" },
        'database: "my db" is not a valid name; use up to 63 letters, digits, _, - and .',
    ],
    [{ username: 'a"b' }, 'username: "a\\"b" is not a valid name'],
    [{ username: "pg_app" }, 'username: "pg_app" is reserved by PostgreSQL'],
    [{ username: "public" }, 'username: "public" is reserved by PostgreSQL'],
    [{ password: "" }, "password: must be a single line that is not empty; leave it out"],
    [{ memory: "5m" }, 'memory: "5m" is not an amount of memory'],
    [{ sharedMemory: "x" }, 'sharedMemory: "x" is not an amount of memory'],
    [{ network: "" }, 'network: "" is not a name that Docker allows'],
    [{ network: "bridge" }, 'network: "bridge" is one of Docker\'s built-in networks'],
    [
        { initScripts: { "x.txt": "" } },
        'initScripts.x.txt: "x.txt" would not run; use a file name that ends in .sql or .sh, without a directory',
    ],
    [{ initScripts: { "../x.sql": "" } }, 'initScripts.../x.sql: "../x.sql" would not run'],
    [{ initScripts: { ".x.sql": "" } }, 'initScripts..x.sql: ".x.sql" would not run'],
    [{ initScripts: { "x.sql": null as never } }, "initScripts.x.sql: must be a string, but is null"],
    [{ settings: { a: "1\n2" } }, 'settings.a: "1\\n2" is not a single line of text'],
    [
        { settings: { listen_addresses: "localhost" } },
        "settings.listen_addresses: Postgres must listen on all addresses",
    ],
    [{ env: { POSTGRES_USER: "x" } }, "env.POSTGRES_USER: names the role; leave it out, and use username"],
    [{ env: { POSTGRES_PASSWORD_FILE: "/x" } }, "env.POSTGRES_PASSWORD_FILE: is the password of the role"],
    [{ env: { POSTGRES_DB: "x" } }, "env.POSTGRES_DB: names the database; leave it out, and use database"],
    [{ env: { PGDATA: "/x" } }, "env.PGDATA: is the path of the data; leave it out, and use dataPath"],
    [{ env: { PGPORT: "1" } }, "env.PGPORT: Postgres listens on 5432 in its container"],
    [{ env: { POSTGRES_INITDB_WALDIR: "/x" } }, "env.POSTGRES_INITDB_WALDIR: would keep part of the data"],
    [{ dataPath: "data" }, 'dataPath: "data" is not a plain absolute path'],
    [{ dataPath: "/" }, 'dataPath: "/" is not the path of a directory for the data'],
    [{ dataPath: "/a/../b" }, 'dataPath: "/a/../b" is not the path of a directory for the data'],
    [{ settings: { port: "1" } }, "settings.port: Postgres listens on 5432 in its container"],
    [{ settings: { data_directory: "/x" } }, "settings.data_directory: the image sets it"],
    [{ health: { timeout: 0 } }, "health.timeout: 0 is not allowed"],
    [{ publish: { port: 0 } }, "publish.port: 0 is not a port"],
    [{ hostPath: "data" }, 'hostPath: "data" is not an absolute path'],
])("PostgresService refuses %j", async (args, message) => {
    for (const engine of ENGINES)
        expect(await refusal(() => new PostgresService("db", { engine, ...args }))).toContain(message);
});

test("PostgresService refuses a version that is an Output", async () => {
    const version = pulumi.output("17") as unknown as string;
    expect(await refusal(() => new PostgresService("db", { version }))).toContain(
        "version: must be a plain value, not an Output",
    );
});

test("PostgresService refuses a name that Docker does not allow", async () => {
    expect(await refusal(() => new PostgresService("my db"))).toContain(
        'name: "my db" is not a name that Docker allows',
    );
});
