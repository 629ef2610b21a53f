import * as pulumi from "@pulumi/pulumi";
import { Engine, LinkStyle, RailsWebApp, type RailsWebAppArgs } from "../../../components/index.ts";
import {
    GENERATED,
    IMAGE,
    RANDOM_PASSWORD,
    refusal,
    REMOTE_IMAGE,
    run,
    TASK_CONTAINER,
} from "../../../testing/index.ts";
import { ENGINES, nonSecretText, runOn } from "../engines/index.ts";

const connection = (scheme: string, host: string) => ({ scheme, host, port: 1, network: `${host}-net` });
const db = connection("postgres", "db");
const cache = connection("redis", "cache");

describe.each([
    { engine: Engine.Docker, build: { context: "apps/sample" }, hostAddress: "127.0.0.1" },
    {
        engine: Engine.Swarm,
        build: { context: "apps/sample", push: { image: "registry.example.com/sample:1" } },
        hostAddress: "localhost",
    },
])("on $engine", ({ engine, build, hostAddress }) => {
    const rails = (args: Partial<RailsWebAppArgs> = {}) =>
        runOn(engine, () => {
            const { url, host, secretKeyBase } = new RailsWebApp("shop", {
                ...{ engine, image: "shop:1" },
                ...args,
            });
            return { url, host, secretKeyBase };
        });
    const env = async (args: Partial<RailsWebAppArgs> = {}) => (await rails(args)).container("shop").env;

    describe("a Rails application", () => {
        test("runs in production, logs to standard output, and has a generated SECRET_KEY_BASE", async () => {
            const run = await rails();
            expect(run.container().env).toEqual({
                PIDFILE: "/dev/shm/server.pid",
                PORT: "3000",
                RAILS_ENV: "production",
                RAILS_LOG_TO_STDOUT: "1",
                SECRET_KEY_BASE: GENERATED.password,
            });
            expect(run.one(RANDOM_PASSWORD)).toMatchObject({
                name: "shop-secret-key-base",
                inputs: { length: 128, special: false },
                parent: "drydock:index:RailsWebApp shop",
            });
            expect(run.container().secrets).toEqual(["env"]);
            expect(nonSecretText(run)).not.toContain(GENERATED.password);
        });

        test("keeps its PID file in memory, so that a killed container leaves none behind", async () => {
            const run = await rails({ database: db });
            expect(run.container("shop").env).toMatchObject({ PIDFILE: "/dev/shm/server.pid" });
            // Another variable would run the migration again.
            expect(JSON.stringify(run.one(TASK_CONTAINER).inputs.envs)).not.toContain("PIDFILE");
            expect(await env({ env: { PIDFILE: "/tmp/pid" } })).toMatchObject({ PIDFILE: "/tmp/pid" });
        });

        test("contains a WebApp of the same name", async () => {
            const processes = { worker: { command: ["w"] } };
            const { declared, names, one, containers, container } = await rails({ database: db, processes });
            expect(one("drydock:index:WebApp").parent).toBe("drydock:index:RailsWebApp shop");
            expect(container("shop").parent).toBe("drydock:index:WebApp shop");
            expect(names(REMOTE_IMAGE)).toEqual(["shop-image"]);
            expect(containers).toEqual(["shop", "shop-worker"]);
            for (const { inputs } of declared.filter(({ type }) => /^drydock:.*(App|Task)$/.test(type)))
                expect(inputs).toEqual({});
        });

        test("builds one image for server, processes and migration", async () => {
            const { names, one, container } = await rails({ image: undefined, build, database: db });
            expect(names(IMAGE)).toEqual(["shop-image"]);
            expect(container().image).toBe(GENERATED.built);
            expect(one(TASK_CONTAINER).inputs.image).toBe(GENERATED.built);
        });

        test("runs an image that is an Output", async () => {
            const { names, one, container } = await rails({ image: pulumi.output("mine:1"), database: db });
            expect(names(REMOTE_IMAGE)).toEqual([]);
            expect(container().image).toBe("mine:1");
            expect(one(TASK_CONTAINER).inputs.image).toBe("mine:1");
        });

        test("sets the URLs of its databases and Redis by the names of Rails, and joins their networks", async () => {
            const args = {
                database: db,
                redis: cache,
                databases: { cache: connection("postgres", "db2"), queue: db },
            };
            const { env, networks } = (await rails(args)).container();
            expect(env).toMatchObject({
                DATABASE_URL: "postgres://db:1",
                REDIS_URL: "redis://cache:1",
                CACHE_DATABASE_URL: "postgres://db2:1",
                QUEUE_DATABASE_URL: "postgres://db:1",
            });
            expect(networks).toEqual(["db-net", "db2-net", "cache-net"]);
        });

        test("sets the variables that it reads, by the aliases of its databases and Redis", async () => {
            const args = { database: db, redis: cache, databases: { queue: connection("postgres", "db2") } };
            const variables = {
                database: { host: "DB_HOST", port: "DB_PORT" },
                queue_database: { host: "QUEUE_HOST" },
                redis: { database: "2" },
            };
            const { env, networks } = (await rails({ ...args, variables })).container();
            expect(env).toMatchObject({
                DB_HOST: "db",
                DB_PORT: "1",
                QUEUE_HOST: "db2",
                REDIS_URL: "redis://cache:1/2",
            });
            expect(Object.keys(env as object).join()).not.toContain("DATABASE");
            expect(networks).toEqual(["db-net", "db2-net", "cache-net"]);
        });

        test("sets the variables of libpq for its database, and the URL of Redis", async () => {
            const linkStyle = LinkStyle.Libpq;
            expect(await env({ database: db, redis: cache, linkStyle })).toMatchObject({
                PGHOST: "db",
                PGPORT: "1",
                REDIS_URL: "redis://cache:1",
            });
        });

        test("can have further links", async () => {
            const links = { search: connection("http", "search") };
            expect(await env({ database: db, links })).toMatchObject({
                DATABASE_URL: "postgres://db:1",
                SEARCH_URL: "http://search:1",
            });
        });

        test("can have its own RAILS_ENV and SECRET_KEY_BASE, which env overrides", async () => {
            const args = { railsEnv: "staging", secretKeyBase: "own" };
            expect(await env({ ...args, env: { A: "1" } })).toMatchObject({
                RAILS_ENV: "staging",
                SECRET_KEY_BASE: "own",
                A: "1",
            });
            expect(await env({ env: { RAILS_ENV: "test" } })).toMatchObject({ RAILS_ENV: "test" });
        });

        test.each<[string, Partial<RailsWebAppArgs>, string]>([
            ["a generated one", {}, GENERATED.password],
            ["its own", { secretKeyBase: "own" }, "own"],
            ["that of env", { env: { SECRET_KEY_BASE: "mine" } }, "mine"],
            ["none beside a master key", { masterKey: "key" }, ""],
        ])("has %s as the secret output secretKeyBase", async (_, args, value) => {
            const { outputs } = await rails(args);
            expect(outputs.secretKeyBase).toEqual({ value, secret: true, known: true });
        });

        test("keeps the master key secret, and generates no SECRET_KEY_BASE beside it", async () => {
            const run = await rails({ masterKey: "the-key" });
            expect(run.names(RANDOM_PASSWORD)).toEqual([]);
            expect(run.container()).toMatchObject({ env: { RAILS_MASTER_KEY: "the-key" }, secrets: ["env"] });
            expect(run.container().env).not.toHaveProperty("SECRET_KEY_BASE");
            expect(nonSecretText(run)).not.toContain("the-key");
            expect(await env({ masterKey: "key", secretKeyBase: "own" })).toMatchObject({
                RAILS_MASTER_KEY: "key",
                SECRET_KEY_BASE: "own",
            });
        });

        test.each<[string, RailsWebAppArgs["health"], string]>([
            ["by default", undefined, ",3000,/up,127.0.0.1:3000,"],
            ["with another interval", { path: undefined, interval: 3 }, ",3000,/up,127.0.0.1:3000,"],
            ["with another path", { path: "/ok" }, ",3000,/ok,127.0.0.1:3000,"],
            ["with another host name", { host: "shop.example.com" }, ",3000,/up,shop.example.com,"],
            ["with a command", { command: ["bin/ok"] }, "bin/ok"],
        ])("checks its health %s", async (_, health, expected) => {
            expect((await rails({ health })).container().health?.test.join()).toContain(expected);
        });

        test("has a URL and a host name", async () => {
            const { outputs } = await rails({ publish: { port: 3001 } });
            expect(outputs.url?.value).toBe(`http://${hostAddress}:3001`);
            expect(outputs.host?.value).toBe("shop-dev-shop");
        });
    });
});

const none = undefined as unknown as typeof db;

test.each<[string, Partial<RailsWebAppArgs>, string]>([
    ["neither image nor build", { image: undefined }, "image: required unless build is set"],
    [
        "a database that is also a link",
        { database: db, links: { database: db } },
        "links.database: database is set, which links the same alias",
    ],
    [
        "a Redis that is also a link",
        { redis: cache, links: { redis: cache } },
        "links.redis: redis is set, which links the same alias",
    ],
    [
        "a further database that is also a link",
        { databases: { cache: db }, links: { cache_database: db } },
        "links.cache_database: databases.cache is set, which links the same alias; keep one of the two",
    ],
    [
        "a string as database",
        { database: "x" as never },
        "database: must be a connection, not a string; use parseConnection",
    ],
    [
        "an empty object as Redis",
        { redis: {} as never },
        "redis: must be a connection with scheme, host and port",
    ],
    [
        "an undefined further database",
        { databases: { cache: none } },
        "databases.cache: must be a connection with scheme, host and port",
    ],
    [
        "a space in the name of a database",
        { databases: { "a b": db } },
        'databases.a b: "a b" is not an alias',
    ],
    [
        "variables of a database that does not exist",
        { database: db, variables: { queue: { host: "H" } } },
        'variables.queue: there is no link "queue"; the links are database',
    ],
    [
        "two databases in one variable",
        {
            database: db,
            databases: { queue: cache },
            variables: { database: { host: "H" }, queue_database: { host: "H" } },
        },
        'variables.queue_database.host: "queue_database" and "database" both set H; use another name',
    ],
    [
        "two databases in the variables of libpq",
        { database: pulumi.output(db), databases: { queue: pulumi.output(db) }, linkStyle: LinkStyle.Libpq },
        'databases.queue: "queue_database" and "database" both set PGHOST; choose other names for one of them in variables.queue_database',
    ],
    [
        "a variable of a link that the docker command reads",
        { database: db, variables: { database: { host: "DOCKER_HOST" } } },
        "variables.database.host: DOCKER_HOST would configure the docker command",
    ],
    [
        "a style of a link with a variable that the docker command reads",
        { database: db, links: { docker: cache }, linkStyle: LinkStyle.Parts },
        "links.docker: DOCKER_HOST would configure the docker command",
    ],
    ["an empty master key", { masterKey: "" }, "masterKey: must be one line and not empty; leave it out if"],
    [
        "a variable that the shell reserves",
        { database: db, env: { UID: "1" } },
        "env.UID: is a read-only variable of the shell",
    ],
    [
        "a variable that the docker command reads",
        { database: db, env: { DOCKER_HOST: "x" } },
        "env.DOCKER_HOST: would configure the docker command",
    ],
    ["what a WebApp refuses", { port: 0 }, "port: 0 is not a port"],
])("refuses %s, before anything else is declared, on every engine", async (_, args, reason) => {
    for (const engine of ENGINES) {
        const make = () => new RailsWebApp("shop", { engine, image: "shop:1", ...args });
        const refused = await refusal(make);
        const { declared } = await run(() => {
            expect(make).toThrow();
            return {};
        });
        expect(refused).toContain(reason);
        expect(declared.map(({ type }) => type)).toEqual(["drydock:index:RailsWebApp"]);
    }
});
