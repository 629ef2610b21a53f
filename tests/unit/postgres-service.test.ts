import * as pulumi from "@pulumi/pulumi";
import { PostgresService, PostgresServiceArgs } from "../../components";
import { START_SCRIPT } from "../../components/postgres-start";
import {
    CONTAINER,
    GENERATED,
    IMAGE,
    NETWORK,
    PASSWORD,
    PORT,
    refusal,
    REMOTE_IMAGE,
    run,
    Settings,
} from "../../testing";

const START = "/run/drydock/start-postgres";
const PASSWORD_FILE = "/run/drydock/postgres-password";

const postgres = (args: PostgresServiceArgs = {}, settings: Settings = {}) =>
    run(() => {
        const { connection, address } = new PostgresService("db", args);
        return { connection, address };
    }, settings);
const inputs = async (args: PostgresServiceArgs = {}) => (await postgres(args)).one(CONTAINER).inputs;

describe("a Postgres", () => {
    test("is a container of the official image, with a start of our own before the image's", async () => {
        const { one } = await postgres();
        expect(one(REMOTE_IMAGE).inputs.name).toBe("postgres:17");
        expect(one(CONTAINER)).toMatchObject({
            name: "db",
            parent: "drydock:index:PostgresService db",
            inputs: {
                ...{
                    name: "shop-dev-db",
                    image: GENERATED.image,
                    entrypoints: [START],
                    command: ["postgres"],
                },
                ...{ wait: true, waitTimeout: 120, destroyGraceSeconds: 60, shmSize: 256 },
                envs: ["POSTGRES_USER=app", "POSTGRES_DB=app", `POSTGRES_PASSWORD_FILE=${PASSWORD_FILE}`],
                networksAdvanced: [{ name: "shop-dev-db" }],
                healthcheck: {
                    tests: ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "app", "-d", "app"],
                    startPeriod: "1m0s",
                },
                capabilities: {
                    drops: ["ALL"],
                    adds: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"].map((c) => `CAP_${c}`),
                },
            },
        });
        expect(one(CONTAINER).inputs.uploads).toEqual([
            { file: START, content: START_SCRIPT, permissions: "0755" },
            { file: PASSWORD_FILE, content: GENERATED.password },
        ]);
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
        [{ image: "team/shop-db:25" }, "/var/lib/postgresql/data"],
        [{ image: pulumi.output("postgres:18"), version: "18" }, "/var/lib/postgresql"],
        [{ build: { context: "apps/sample" }, version: "18" }, "/var/lib/postgresql"],
    ])("keeps its data where %j does", async (args, containerPath) => {
        expect((await inputs(args)).volumes).toEqual([{ containerPath, volumeName: "shop.dev.db" }]);
    });

    test("may be another version, another image, or built", async () => {
        expect((await postgres({ version: "16.4" })).one(REMOTE_IMAGE).inputs.name).toBe("postgres:16.4");
        const own = await postgres({ image: "postgis/postgis:17-3.5", version: "17" });
        expect(own.one(REMOTE_IMAGE).inputs.name).toBe("postgis/postgis:17-3.5");
        const built = await postgres({ build: { context: "apps/sample" } });
        expect(built.names(REMOTE_IMAGE)).toEqual([]);
        expect(built.one(IMAGE).name).toBe("db-image");
    });

    test("has the database, the user and the settings of one's choosing", async () => {
        const settings = { max_connections: "200", "auto_explain.log_analyze": "on" };
        const { inputs } = (await postgres({ database: "orders", username: "clerk", settings })).one(
            CONTAINER,
        );
        expect(inputs).toMatchObject({
            command: ["postgres", "-c", "max_connections=200", "-c", "auto_explain.log_analyze=on"],
            envs: ["POSTGRES_USER=clerk", "POSTGRES_DB=orders", `POSTGRES_PASSWORD_FILE=${PASSWORD_FILE}`],
            healthcheck: { tests: ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "clerk", "-d", "orders"] },
        });
    });

    test("runs scripts on an empty data directory", async () => {
        const initScripts = { "10-schema.sql": "CREATE TABLE x ()", "20-more.sh": pulumi.output("true") };
        expect((await inputs({ initScripts })).uploads).toEqual(
            expect.arrayContaining([
                { file: "/docker-entrypoint-initdb.d/10-schema.sql", content: "CREATE TABLE x ()" },
                { file: "/docker-entrypoint-initdb.d/20-more.sh", content: "true" },
            ]),
        );
    });

    test("takes sizes of memory, and a network", async () => {
        const { one, names } = await postgres({ memory: "1g", sharedMemory: "64m", network: "mine" });
        expect(one(CONTAINER).inputs).toMatchObject({
            ...{ memory: 1024, memorySwap: 2048, shmSize: 64, networksAdvanced: [{ name: "mine" }] },
        });
        expect(names(NETWORK)).toEqual([]);
    });

    test("takes the times of its health check", async () => {
        expect(await inputs({ health: { retries: 9, waitTimeout: 300 } })).toMatchObject({
            ...{ waitTimeout: 300, healthcheck: { retries: 9 } },
        });
    });

    test("is published where asked", async () => {
        const { one, outputs } = await postgres({ publish: { port: 5433 } });
        expect(one(CONTAINER).inputs.ports).toEqual([{ internal: 5432, external: 5433, ip: "127.0.0.1" }]);
        expect(outputs.address?.value).toBe("127.0.0.1:5433");
        expect((await postgres({ publish: {} })).one(PORT).name).toBe("db-port");
    });
});

describe("the password of a Postgres", () => {
    test("is generated, of letters and digits", async () => {
        expect((await postgres()).one(PASSWORD)).toMatchObject({
            ...{ name: "db-password", inputs: { length: 32, special: false } },
        });
    });

    test.each<[string, PostgresServiceArgs, string]>([
        ["generated", {}, GENERATED.password],
        ["given", { password: "own-password" }, "own-password"],
    ])("%s, is in a file alone, and secret there", async (_, args, password) => {
        const { declared, one } = await postgres(args);
        expect(one(CONTAINER).secrets).toEqual(["uploads"]);
        for (const { inputs, secrets } of declared) {
            const open = Object.entries(inputs).filter(([key]) => !secrets.includes(key));
            expect(JSON.stringify(open)).not.toContain(password);
        }
    });
});

describe("the connection to a Postgres", () => {
    const connection = {
        ...{ scheme: "postgres", host: "shop-dev-db", port: 5432, username: "app", database: "app" },
        ...{ password: GENERATED.password, network: "shop-dev-db" },
    };

    test("is secret, and says how to reach it", async () => {
        expect((await postgres()).outputs.connection).toEqual({
            value: connection,
            secret: true,
            known: true,
        });
        const own = { username: "clerk", database: "orders", password: "own" };
        expect((await postgres({ ...own, network: "mine" })).outputs.connection?.value).toEqual({
            ...connection,
            ...{ ...own, network: "mine" },
        });
    });

    test("is not known in the first preview, and known in later ones", async () => {
        const first = await postgres({}, { preview: "first" });
        expect(first.outputs.connection).toMatchObject({ known: false, secret: true });
        expect((await postgres({}, { preview: "later" })).outputs.connection?.value).toEqual(connection);
    });
});

test.each<[string, PostgresServiceArgs, string]>([
    ["a version that is none", { version: "latest" }, "version: latest is not a version; write 17, 17.2 or"],
    [
        "a database's name",
        { database: "My-DB" },
        "database: My-DB is not a plain PostgreSQL name; use lower-case",
    ],
    ["a user's name", { username: 'a"b' }, 'username: a"b is not a plain PostgreSQL name'],
    ["an empty password", { password: "" }, "password: must be one line and not empty; leave it out"],
    ["a limit", { memory: "5m" }, "memory: 5m is not an amount of memory"],
    ["a size of shared memory", { sharedMemory: "x" }, "sharedMemory: x is not an amount of memory"],
    ["a network's name", { network: "" }, 'network: "" is not a name that Docker takes'],
    [
        "a script that would not run",
        { initScripts: { "x.txt": "" } },
        "initScripts.x.txt: x.txt is not run; end its",
    ],
    ["a script elsewhere", { initScripts: { "../x.sql": "" } }, "initScripts.../x.sql: ../x.sql is not run"],
    ["another port", { settings: { port: "1" } }, "settings.port: the connection says 5432; leave it out"],
    [
        "another directory",
        { settings: { data_directory: "/x" } },
        "settings.data_directory: the image says where",
    ],
    ["a setting of two lines", { settings: { a: "1\n2" } }, "settings.a: 1\n2 does not do; write one line"],
    [
        "image and build",
        { image: "x", build: { context: "apps/sample" } },
        "image: image and build are both set",
    ],
    ["a time", { health: { timeout: 0 } }, "health.timeout: 0 does not do"],
    ["a port", { publish: { port: 0 } }, "publish.port: 0 is not a port"],
    ["a directory", { hostPath: "data" }, "hostPath: data is not an absolute path"],
])("%s is refused", async (_, args, reason) => {
    expect(await refusal(() => new PostgresService("db", args))).toContain(reason);
});

test("a name that Docker would refuse is refused", async () => {
    expect(await refusal(() => new PostgresService("my db"))).toContain(
        "name: my db is not a name that Docker takes",
    );
});

test("its own inputs hold nothing, so that no argument is in the state in plain text", async () => {
    expect((await postgres({ password: "own" })).one("drydock:index:PostgresService").inputs).toEqual({});
});
