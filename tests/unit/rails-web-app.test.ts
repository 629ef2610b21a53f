import * as pulumi from "@pulumi/pulumi";
import { PostgresService, RailsWebApp, RailsWebAppArgs } from "../../components";
import {
    COMMAND,
    CONTAINER,
    GENERATED,
    IMAGE,
    PASSWORD,
    refusal,
    REMOTE_IMAGE,
    run,
    Settings,
} from "../../testing";

const connection = (scheme: string, host: string) => ({ scheme, host, port: 1, network: `${host}-net` });
const db = connection("postgres", "db");
const cache = connection("redis", "cache");

const rails = (args: Partial<RailsWebAppArgs> = {}, settings: Settings = {}) =>
    run(() => ({ url: new RailsWebApp("shop", { image: "shop:1", ...args }).url }), settings);
const env = async (args: Partial<RailsWebAppArgs> = {}) => {
    const { inputs } = (await rails(args)).one(CONTAINER, "shop");
    return Object.fromEntries((inputs.envs as string[]).map((line) => line.split(/=(.*)/s))) as object;
};

describe("a Rails application", () => {
    test("runs in production, logs to where Docker looks, and has a secret made for it", async () => {
        const { one } = await rails();
        expect(await env()).toEqual({
            ...{ PORT: "3000", RAILS_ENV: "production", RAILS_LOG_TO_STDOUT: "1" },
            SECRET_KEY_BASE: GENERATED.password,
        });
        expect(one(PASSWORD)).toMatchObject({
            ...{ name: "shop-secret-key-base", inputs: { length: 128, special: false } },
            parent: "drydock:index:RailsWebApp shop",
        });
        expect(one(CONTAINER).secrets).toEqual(["envs"]);
    });

    test("is a WebApp below it, of the same name, with one image", async () => {
        const { declared, names, one } = await rails({
            database: db,
            processes: { worker: { command: ["w"] } },
        });
        expect(one("drydock:index:WebApp").parent).toBe("drydock:index:RailsWebApp shop");
        expect(names(REMOTE_IMAGE)).toEqual(["shop-image"]);
        expect(names(CONTAINER)).toEqual(["shop", "shop-worker"]);
        for (const { inputs } of declared.filter(({ type }) => type.startsWith("drydock:")))
            expect(inputs).toEqual({});
    });

    test("is built once, for server, processes and migration", async () => {
        const { names, one } = await rails({
            image: undefined,
            build: { context: "apps/sample" },
            database: db,
        });
        expect(names(IMAGE)).toEqual(["shop-image"]);
        expect(one(CONTAINER).inputs.image).toBe(GENERATED.built);
        expect(one(COMMAND, "shop-migration-run").inputs.stdin).toContain(GENERATED.built);
    });

    test("takes its image as an output", async () => {
        const { names, one } = await rails({ image: pulumi.output("sha256:mine"), database: db });
        expect(names(REMOTE_IMAGE)).toEqual([]);
        expect(one(CONTAINER).inputs.image).toBe("sha256:mine");
        expect(one(COMMAND).inputs.stdin).toContain("sha256:mine");
    });

    test("has its databases and its Redis by the names that Rails knows, and joins their networks", async () => {
        const args = {
            database: db,
            redis: cache,
            databases: { cache: connection("postgres", "db2"), queue: db },
        };
        expect(await env({ ...args, links: { search: connection("http", "search") } })).toMatchObject({
            ...{ DATABASE_URL: "postgres://db:1", REDIS_URL: "redis://cache:1" },
            ...{ CACHE_DATABASE_URL: "postgres://db2:1", QUEUE_DATABASE_URL: "postgres://db:1" },
            SEARCH_URL: "http://search:1",
        });
        expect((await rails(args)).one(CONTAINER).inputs.networksAdvanced).toEqual([
            ...[{ name: "db-net" }, { name: "db2-net" }, { name: "cache-net" }],
        ]);
    });

    test("takes an environment, a master key, and a secret of one's own; env wins", async () => {
        expect(await env({ railsEnv: "staging", secretKeyBase: "own", env: { A: "1" } })).toMatchObject({
            ...{ RAILS_ENV: "staging", SECRET_KEY_BASE: "own", A: "1" },
        });
        expect(await env({ env: { RAILS_ENV: "test" } })).toMatchObject({ RAILS_ENV: "test" });
        const withKey = await rails({ masterKey: "key" });
        expect(withKey.names(PASSWORD)).toEqual([]);
        expect(withKey.one(CONTAINER).secrets).toEqual(["envs"]);
        expect(await env({ masterKey: "key" })).toMatchObject({ RAILS_MASTER_KEY: "key" });
        expect(await env({ masterKey: "key" })).not.toHaveProperty("SECRET_KEY_BASE");
        expect(await env({ masterKey: "key", secretKeyBase: "own" })).toMatchObject({
            ...{ RAILS_MASTER_KEY: "key", SECRET_KEY_BASE: "own" },
        });
    });

    test.each<[string, RailsWebAppArgs["health"], string]>([
        ["by /up", undefined, "http://127.0.0.1:3000/up"],
        ["by /up at other times", { path: undefined, interval: 3 }, "http://127.0.0.1:3000/up"],
        ["by another path", { path: "/ok" }, "http://127.0.0.1:3000/ok"],
        ["by a command", { command: ["bin/ok"] }, "bin/ok"],
    ])("is healthy %s", async (_, health, expected) => {
        const { inputs } = (await rails({ health })).one(CONTAINER);
        expect(JSON.stringify(inputs.healthcheck)).toContain(expected);
    });

    test("says where it is published", async () => {
        expect((await rails({ publish: { port: 3001 } })).outputs.url?.value).toBe("http://127.0.0.1:3001");
    });
});

describe("the migration", () => {
    test("prepares the database, with the server's image, user, links and environment", async () => {
        const args = {
            ...{ database: db, env: { A: "1" }, user: "1000", networks: ["mine"] },
            capabilities: ["CHOWN"],
        };
        const { one } = await rails(args);
        expect(one("drydock:index:Task")).toMatchObject({
            ...{ name: "shop-migration", parent: "drydock:index:RailsWebApp shop" },
        });
        const { stdin, environment } = one(COMMAND).inputs;
        expect(stdin).toContain(
            "--user 1000 --security-opt no-new-privileges --cap-drop ALL --cap-add CHOWN --network db-net",
        );
        expect(stdin).toContain("network connect mine");
        expect(stdin).toContain(`${GENERATED.image} bin/rails db:prepare`);
        expect(Object.values(environment as object)).toEqual([
            ...["1", "postgres://db:1", "production", "1", GENERATED.password],
        ]);
    });

    test("is another command where asked, and none without a database, or where there is nothing to run", async () => {
        const own = await rails({ migration: ["bin/migrate"] });
        expect(own.one(COMMAND).inputs.stdin).toContain(`${GENERATED.image} bin/migrate`);
        expect((await rails()).names(COMMAND)).toEqual([]);
        expect((await rails({ database: db, migration: [] })).names(COMMAND)).toEqual([]);
    });

    test("waits for the database, and the server and its processes for the migration", async () => {
        const program = () => {
            const { connection: database } = new PostgresService("db");
            new RailsWebApp("shop", { image: "shop:1", database, processes: { worker: { command: ["w"] } } });
            return {};
        };
        const waiting = await run(program, { slow: "db" });
        expect(waiting.early).not.toContain("shop-migration-run");
        const migrating = await run(program, { slow: "shop-migration-run" });
        expect(migrating.early).toContain("shop-migration-run");
        expect(migrating.early).not.toContain("shop");
        expect(migrating.early).not.toContain("shop-worker");
        expect(migrating.names(CONTAINER)).toEqual(["db", "shop", "shop-worker"]);
    });

    test("works in a first preview", async () => {
        const { names } = await run(
            () => ({
                url: new RailsWebApp("shop", { image: "x", database: new PostgresService("db").connection })
                    .url,
            }),
            { preview: "first" },
        );
        expect(names(CONTAINER)).toEqual(["db", "shop"]);
    });
});

const none = undefined as unknown as typeof db;

test.each<[string, Partial<RailsWebAppArgs>, string]>([
    ["neither image nor build", { image: undefined }, "image: neither image nor build is set"],
    ["image and build", { build: { context: "apps/sample" } }, "image: image and build are both set"],
    [
        "a database twice",
        { database: db, links: { database: db } },
        "links.database: database is an argument of its own",
    ],
    [
        "a Redis twice",
        { redis: cache, links: { redis: cache } },
        "links.redis: redis is an argument of its own",
    ],
    [
        "a further database twice",
        { databases: { cache: db }, links: { cache_database: db } },
        "links.cache_database: cache_database is an argument of its own, and set; keep one of them",
    ],
    ["a database that is none", { database: "x" as never }, "database: there is no scheme, host and port"],
    ["a Redis that is none", { redis: {} as never }, "redis: there is no scheme, host and port"],
    [
        "a further one that is none",
        { databases: { cache: none } },
        "databases.cache: there is no scheme, host and port",
    ],
    ["a name of a database", { databases: { "a b": db } }, "databases.a b: a b is not an alias"],
    ["what a WebApp refuses", { port: 0 }, "port: 0 is not a port"],
])("%s is refused, before anything is declared", async (_, args, reason) => {
    const make = () => new RailsWebApp("shop", { image: "shop:1", ...args });
    const refused = await refusal(make);
    const { declared } = await run(() => {
        expect(make).toThrow();
        return {};
    });
    expect(refused).toContain(reason);
    expect(declared.map(({ type }) => type)).toEqual(["drydock:index:RailsWebApp"]);
});
