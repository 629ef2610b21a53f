import * as pulumi from "@pulumi/pulumi";
import { PostgresService, type PostgresServiceArgs } from "../../../components/index.ts";
import { startScript } from "../../../components/postgres/postgres-service.ts";
import {
    GENERATED,
    IMAGE,
    RANDOM_PASSWORD,
    RANDOM_INTEGER,
    REMOTE_IMAGE,
    type Settings,
} from "../../../testing/index.ts";
import { ENGINES, open, runOn, TERMS } from "../engines/index.ts";

const START = "/run/drydock/start-postgres";
const PASSWORD_FILE = "/run/drydock/postgres-password";

describe.each(ENGINES)("on %s", (engine) => {
    const terms = TERMS[engine];
    const postgres = (args: PostgresServiceArgs = {}, settings: Settings = {}) =>
        runOn(
            engine,
            () => {
                const { connection, address } = new PostgresService("db", { engine, ...args });
                return { connection, address };
            },
            settings,
        );
    const container = async (args: PostgresServiceArgs = {}) => (await postgres(args)).container();

    describe("a Postgres", () => {
        test("is a container of the official image, with a start of our own before the image's", async () => {
            const { one, container } = await postgres();
            expect(one(REMOTE_IMAGE).inputs.name).toBe("postgres:17");
            expect(container()).toMatchObject({
                name: "db",
                parent: "drydock:index:PostgresService db",
                host: "shop-dev-db",
                image: terms.pulled,
                entrypoint: terms.script(START),
                command: ["postgres"],
                restart: "always",
                stopTimeout: 60,
                sharedMemory: 256,
                networks: ["shop-dev-db"],
                health: { startPeriod: 120, waitTimeout: 120 },
                capabilities: {
                    drops: ["ALL"],
                    adds: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
                },
            });
            expect(container().env).toEqual({
                POSTGRES_USER: "app",
                POSTGRES_DB: "app",
                POSTGRES_PASSWORD_FILE: PASSWORD_FILE,
            });
            expect(container().files).toEqual({
                [START]: {
                    content: startScript("/var/lib/postgresql/data"),
                    secret: expect.any(Boolean) as boolean,
                },
                [PASSWORD_FILE]: { content: GENERATED.password, secret: true },
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
            [{ build: terms.build, version: "18" }, "/var/lib/postgresql"],
        ])("keeps its data where %j does", async (args, path) => {
            expect((await container(args)).mounts).toEqual([
                { path, volume: "shop.dev.db", readOnly: false },
            ]);
        });

        test.each<[PostgresServiceArgs, string]>([
            [{ version: "16.4" }, "postgres:16.4"],
            [{ image: "postgis/postgis:17-3.5", version: "17" }, "postgis/postgis:17-3.5"],
        ])("may be another version or another image: %j", async (args, image) => {
            expect((await postgres(args)).one(REMOTE_IMAGE).inputs.name).toBe(image);
        });

        test("may be built", async () => {
            const { names, one, container } = await postgres({ build: terms.build });
            expect(names(REMOTE_IMAGE)).toEqual([]);
            expect(one(IMAGE).name).toBe("db-image");
            expect(container().image).toBe(GENERATED.built);
        });

        test("has the database, the user and the settings of one's choosing", async () => {
            const settings = { max_connections: "200", "auto_explain.log_analyze": "on" };
            const service = await container({ database: "orders", username: "clerk", settings });
            expect(service.health?.test.slice(-6)).toEqual([
                "pg_isready",
                "-U",
                "clerk",
                "-d",
                "orders",
                "-h",
            ]);
            expect(service).toMatchObject({
                command: ["postgres", "-c", "max_connections=200", "-c", "auto_explain.log_analyze=on"],
                env: { POSTGRES_USER: "clerk", POSTGRES_DB: "orders", POSTGRES_PASSWORD_FILE: PASSWORD_FILE },
            });
        });

        test("runs scripts on an empty data directory, which only it can read", async () => {
            const script = pulumi.secret("echo hidden");
            const initScripts = { "10-schema.sql": "CREATE TABLE x ()", "20-more.sh": script };
            const run = await postgres({ initScripts });
            expect(run.container().files).toMatchObject({
                "/docker-entrypoint-initdb.d/10-schema.sql": { content: "CREATE TABLE x ()" },
                "/docker-entrypoint-initdb.d/20-more.sh": { content: "echo hidden", secret: true },
            });
            expect(open(run)).not.toContain("hidden");
        });

        test("runs a script of any file name, and an empty one", async () => {
            const { files } = await container({
                initScripts: { "a b.sql": "", "c-é.sh": pulumi.output("") },
            });
            expect(files["/docker-entrypoint-initdb.d/a b.sql"]?.content).toBe("\n");
            expect(files["/docker-entrypoint-initdb.d/c-é.sh"]?.content).toBe("\n");
        });

        test("takes names that SQL has to quote, and an empty setting", async () => {
            const args = {
                database: "my-app",
                username: "MyApp",
                settings: { shared_preload_libraries: "" },
            };
            expect(await container(args)).toMatchObject({
                command: ["postgres", "-c", "shared_preload_libraries="],
                env: { POSTGRES_USER: "MyApp", POSTGRES_DB: "my-app" },
            });
        });

        test("takes sizes of memory, and a network", async () => {
            const sizes = { memory: "1g", sharedMemory: "64m" };
            const { container, networks } = await postgres({ ...sizes, network: "mine" });
            expect(container()).toMatchObject({ memory: 1024, sharedMemory: 64, networks: ["mine"] });
            expect(networks).toEqual([]);
        });

        test("takes the times of its health check", async () => {
            const health = { retries: 9, waitTimeout: 300 };
            expect(await container({ health })).toMatchObject({ health });
        });

        test("is published where asked", async () => {
            const { container, outputs } = await postgres({ publish: { port: 5433 } });
            expect(container().publish).toEqual({ containerPort: 5432, hostPort: 5433 });
            expect(outputs.address?.value).toBe(`${terms.address}:5433`);
            expect((await postgres({ publish: {} })).one(RANDOM_INTEGER).name).toBe("db-port");
        });

        test("its own inputs hold nothing, so that no argument is in the state in plain text", async () => {
            const { one } = await postgres({ password: "own" });
            expect(one("drydock:index:PostgresService").inputs).toEqual({});
        });
    });

    describe("the password of a Postgres", () => {
        test("is generated, of letters and digits", async () => {
            expect((await postgres()).one(RANDOM_PASSWORD)).toMatchObject({
                name: "db-password",
                inputs: { length: 32, special: false },
            });
        });

        test.each<[string, PostgresServiceArgs, string]>([
            ["generated", {}, GENERATED.password],
            ["given", { password: "own-password" }, "own-password"],
        ])("%s, is in a file alone, and secret there", async (_, args, password) => {
            const run = await postgres(args);
            expect(run.container().files[PASSWORD_FILE]).toEqual({ content: password, secret: true });
            expect(run.container().secrets).toEqual(["files"]);
            expect(open(run)).not.toContain(password);
        });
    });

    describe("the connection to a Postgres", () => {
        const connection = {
            scheme: "postgres",
            host: "shop-dev-db",
            port: 5432,
            username: "app",
            database: "app",
            password: GENERATED.password,
            network: terms.network("db"),
            storage: "shop.dev.db",
        };

        test("is secret, and says how to reach it", async () => {
            expect((await postgres()).outputs.connection).toEqual({
                value: connection,
                secret: true,
                known: true,
            });
            const own = { username: "clerk", database: "orders", password: "own", network: "mine" };
            expect((await postgres(own)).outputs.connection?.value).toEqual({ ...connection, ...own });
        });

        test("is not known in the first preview, and known in later ones", async () => {
            const first = await postgres({}, { preview: "first" });
            expect(first.outputs.connection).toMatchObject({ known: false, secret: true });
            const later = await postgres({}, { preview: "later" });
            expect(later.outputs.connection?.value).toEqual(connection);
        });
    });
});
