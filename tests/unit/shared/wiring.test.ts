import * as pulumi from "@pulumi/pulumi";
import {
    type Connection,
    Engine,
    LinkStyle,
    RedisService,
    WebApp,
    type WebAppArgs,
    type WiringArgs,
} from "../../../components/index.ts";
import {
    CONTAINER,
    GENERATED,
    refusal,
    run,
    SERVICE,
    type Settings,
    UNKNOWN,
} from "../../../testing/index.ts";
import { ENGINES, nonSecretText, runOn } from "../engines/index.ts";

/** A service on the machine that the containers run on. */
const onHost: Connection = { scheme: "http", host: "host.docker.internal", port: 80 };
const db: Connection = { scheme: "postgres", host: "db", port: 5432, network: "net-1" };
const cache: Connection = { scheme: "redis", host: "cache", port: 6379, network: "net-2" };

describe.each([
    [Engine.Docker, CONTAINER],
    [Engine.Swarm, SERVICE],
])("on %s", (engine, containerType) => {
    const containerWith = async (args: WiringArgs) => {
        const program = () => ({ url: new WebApp("web", { engine, image: "x:1", ...args }).url });
        return (await runOn(engine, program)).container();
    };
    const envWith = async (args: WiringArgs) => (await containerWith(args)).env;

    describe("the environment of a container", () => {
        test("contains the URLs of links", async () => {
            expect(await envWith({ links: { database: db, redis: cache } })).toEqual({
                PORT: "3000",
                DATABASE_URL: "postgres://db:5432",
                REDIS_URL: "redis://cache:6379",
            });
        });

        test("contains the variables of docker run --link with LinkStyle.Docker", async () => {
            const variables = await envWith({ links: { db: cache }, linkStyle: LinkStyle.Docker });
            expect(variables).toMatchObject({
                DB_NAME: "/shop-dev-web/db",
                DB_PORT_6379_TCP_ADDR: "cache",
            });
            expect(variables).not.toHaveProperty("DB_URL");
        });

        test("contains the variables that are named, which env overrides", async () => {
            const variables = { database: { host: "DB_HOST", port: "DB_PORT", password: "DB_PASS" } };
            const links = { database: { ...db, password: "hunter2" }, redis: cache };
            expect(await envWith({ links, variables, env: { DB_PORT: "6432" } })).toEqual({
                PORT: "3000",
                DB_HOST: "db",
                DB_PORT: "6432",
                DB_PASS: "hunter2",
                REDIS_URL: "redis://cache:6379",
            });
        });

        test("contains the style of a single link", async () => {
            const variables = { database: { style: LinkStyle.Libpq } };
            expect(await envWith({ links: { database: db, redis: cache }, variables })).toEqual({
                PORT: "3000",
                PGHOST: "db",
                PGPORT: "5432",
                REDIS_URL: "redis://cache:6379",
            });
        });

        test("keeps a password in a variable of its own secret", async () => {
            const run = await runOn(engine, () => {
                const redis = new RedisService("cache", { engine });
                const variables = { redis: { password: "REDIS_PASSWORD", database: "2", url: "REDIS_URL" } };
                new WebApp("web", { engine, image: "x:1", links: { redis: redis.connection }, variables });
                return {};
            });
            expect(run.container("web")).toMatchObject({
                env: {
                    REDIS_PASSWORD: GENERATED.password,
                    REDIS_URL: `redis://default:${GENERATED.password}@shop-dev-cache:6379/2`,
                },
                secrets: ["env"],
            });
            expect(nonSecretText(run)).not.toContain(GENERATED.password);
        });

        test("is secret if a literal connection has a password", async () => {
            const secrets = async (link: Connection) =>
                (await containerWith({ links: { database: link } })).secrets;
            expect(await secrets({ ...db, password: "hunter2" })).toContain("env");
            if (engine === Engine.Docker) expect(await secrets(db)).toEqual([]);
        });

        test("contains the variables of env, which override those of links and PORT", async () => {
            const env = { DATABASE_URL: "mine", PORT: "80", A: pulumi.output("1") };
            expect(await envWith({ links: { database: db }, env })).toEqual({ ...env, A: "1" });
        });

        test("keeps special characters", async () => {
            const values = [
                "",
                " ",
                "a b",
                "it's",
                '"',
                "$HOME",
                "$(id)",
                "`id`",
                "\\",
                "\\n",
                "a\nb\n",
                "a=b",
                "é",
                "-n",
                "#",
                "*",
            ];
            const env = Object.fromEntries(values.map((value, i) => [`V${i}`, value]));
            expect(await envWith({ env })).toEqual({ PORT: "3000", ...env });
        });

        test.each<[string, WiringArgs]>([
            ["a link", { links: { database: pulumi.secret(db) } }],
            ["a variable", { env: { A: pulumi.secret("1") } }],
        ])("is secret if %s is", async (_, args) => {
            expect((await containerWith(args)).secrets).toEqual(["env"]);
        });
    });

    describe("the networks of a container", () => {
        test("are those of its links and of networks, each once", async () => {
            const links = { database: db, redis: cache, other: { ...cache, host: "other" }, onHost };
            const networks = ["net-2", pulumi.output("net-3")];
            expect((await containerWith({ links, networks })).networks).toEqual(["net-1", "net-2", "net-3"]);
        });

        test("are none without links", async () => {
            expect((await containerWith({})).networks).toEqual([]);
        });
    });

    test.each<[string, WiringArgs]>([
        ["a link", { links: { db, onHost } }],
        ["a docker-style link", { links: { onHost }, linkStyle: LinkStyle.Docker }],
        ["a variable", { env: { DB: "postgres://host.docker.internal/shop" } }],
    ])("a container can reach the host if %s names it", async (_, args) => {
        expect((await containerWith(args)).reachesHost).toBe(true);
    });

    test("a container cannot reach the host otherwise", async () => {
        expect((await containerWith({ links: { db }, env: { A: "1" } })).reachesHost).toBe(false);
    });

    describe("a link to a service", () => {
        const runLinked = (settings: Settings = {}) =>
            runOn(
                engine,
                () => {
                    const redis = new RedisService("cache", { engine });
                    new WebApp("web", { engine, image: "x:1", links: { redis: redis.connection } });
                    return {};
                },
                settings,
            );
        const REDIS_URL = `redis://default:${GENERATED.password}@shop-dev-cache:6379/0`;

        test("sets its URL, joins its network, and keeps its password secret", async () => {
            const run = await runLinked();
            const web = run.container("web");
            expect(web).toMatchObject({ env: { REDIS_URL }, networks: ["shop-dev-cache"], secrets: ["env"] });
            expect(nonSecretText(run)).not.toContain(GENERATED.password);
        });

        test("waits until it is healthy", async () => {
            const { startedWhilePaused, containers } = await runLinked({ pause: "cache" });
            expect(startedWhilePaused).toContain("cache");
            expect(startedWhilePaused).not.toContain("web");
            expect(containers).toContain("web");
        });

        test("joins the same network from two applications", async () => {
            const { container, networks } = await runOn(engine, () => {
                const links = { redis: new RedisService("cache", { engine }).connection };
                new WebApp("a", { engine, image: "x:1", links });
                new WebApp("b", { engine, image: "x:1", links });
                return {};
            });
            expect(networks).toEqual(["cache-network"]);
            for (const name of ["a", "b"]) expect(container(name).networks).toEqual(["shop-dev-cache"]);
        });

        test("is unknown in the first preview, as the password is", async () => {
            expect((await runLinked({ preview: "first" })).container("web").env).toBe(UNKNOWN);
        });

        test("is known in later previews", async () => {
            const { container } = await runLinked({ preview: "later" });
            expect(container("web").env).toMatchObject({ REDIS_URL });
        });

        test("does not depend on the container itself, whose replacement would replace it too", async () => {
            const { one, container } = await runLinked();
            expect(one(containerType, "cache").name).toBe("cache");
            expect(container("web").dependencies).not.toContain(`${containerType} cache`);
        });
    });
});

/** A connection that is not known in a first preview. */
const later = pulumi.secret(db);

const NOT_A_CONNECTION = "must be a connection with scheme, host and port; use the connection of a service";

test.each<[string, unknown]>([
    ['links.: "" is not an alias; use letters, digits', { links: { "": db } }],
    ['links.my db: "my db" is not an alias', { links: { "my db": db } }],
    [
        'links.MY_DB: "MY_DB" and "my-db" set the same environment variables (MY_DB_...); rename one of them',
        { links: { "my-db": db, MY_DB: db } },
    ],
    [`links.undefined: ${NOT_A_CONNECTION}`, { links: { undefined } }],
    [`links.host: ${NOT_A_CONNECTION}`, { links: { host: { ...db, host: "" } } }],
    [`links.scheme: ${NOT_A_CONNECTION}`, { links: { scheme: { host: "h", port: 1 } } }],
    [`links.port: ${NOT_A_CONNECTION}`, { links: { port: { ...db, port: 70000 } } }],
    [
        "links.port: the service db has no port to connect to; set its port",
        { links: { port: { ...db, port: 0 } } },
    ],
    [
        "links.db: must be a connection, not a string; use parseConnection(url)",
        { links: { db: "postgres://u:hunter2@db" } },
    ],
    ["links: must map aliases to connections", { links: db }],
    ["links: must map aliases to connections: { database: db.connection }", { links: pulumi.secret(db) }],
    ['linkStyle: "both" is not one of url, docker, parts, libpq', { linkStyle: "both" }],
    [
        'variables.cache: there is no link "cache"; the links are db',
        { links: { db }, variables: { cache: {} } },
    ],
    ['variables.cache: there is no link "cache"; link one, or remove this', { variables: { cache: {} } }],
    ["variables: must be an object", { links: { db }, variables: ["DB_HOST"] }],
    ["variables.db: must be an object", { links: { db }, variables: { db: "DB_HOST" } }],
    ["variables.db: must be an object", { links: { db }, variables: { db: undefined } }],
    [
        "variables.db.user: unknown argument; did you mean username?",
        { links: { db }, variables: { db: { user: "DB_USER" } } },
    ],
    [
        'variables.db.host: "DB HOST" is not the name of an environment variable',
        { links: { db }, variables: { db: { host: "DB HOST" } } },
    ],
    ['variables.db.port: "5432" is not the name', { links: { db }, variables: { db: { port: 5432 } } }],
    [
        "variables.db.name: must be a plain value, not an Output",
        { links: { db }, variables: { db: { name: pulumi.output("A") } } },
    ],
    ['variables.db.style: "both" is not one of', { links: { db }, variables: { db: { style: "both" } } }],
    ['variables.db.database: "" is not', { links: { db }, variables: { db: { database: "" } } }],
    ['variables.db.scheme: "a://" is not', { links: { db }, variables: { db: { scheme: "a://" } } }],
    [
        "variables.db.parameters: must be an object",
        { links: { db }, variables: { db: { parameters: "pool=20" } } },
    ],
    [
        "variables.db.parameters.pool: must be a string, but is null",
        { links: { db }, variables: { db: { parameters: { pool: undefined } } } },
    ],
    [
        'variables.cache.host: "cache" and "db" both set HOST; use another name',
        { links: { db: later, cache }, variables: { db: { host: "HOST" }, cache: { host: "HOST" } } },
    ],
    [
        'variables.db.url: "db" and "cache" both set CACHE_URL; use another name',
        { links: { cache: later, db }, variables: { db: { url: "CACHE_URL" } } },
    ],
    [
        'variables.b.style: "b" and "a" both set PGHOST; use another name',
        {
            links: { a: later, b: later },
            variables: { a: { style: "libpq" }, b: { style: "libpq" } },
        },
    ],
    [
        'variables.db.name: "db" and "old" both set OLD_NAME; use another name',
        { links: { old: later, db }, linkStyle: LinkStyle.Docker, variables: { db: { name: "OLD_NAME" } } },
    ],
    [
        "variables.db.port: A is also the host of the link; use another name",
        { links: { db: later }, variables: { db: { host: "A", port: "A" } } },
    ],
    [
        "variables.db.port: PORT is the port that the web process listens on",
        { links: { db }, variables: { db: { port: "PORT" } } },
    ],
    [
        "variables.db.scheme: has no effect, as the link sets no URL",
        { links: { db }, variables: { db: { host: "A", scheme: "postgis" } } },
    ],
    [
        "variables.db.parameters.pool: has no effect, as the link sets no URL",
        { links: { db }, variables: { db: { style: "libpq", parameters: { sslmode: "a", pool: "1" } } } },
    ],
    [
        "variables.db.database: has no effect, as the link sets neither a URL nor",
        { links: { db }, variables: { db: { host: "A", database: "2" } } },
    ],
    [
        "variables.db.database: has no effect",
        { links: { db }, linkStyle: "docker", variables: { db: { database: "2" } } },
    ],
    ['env.A B: "A B" is not the name of an environment variable', { env: { "A B": "1" } }],
    ["env.A: must be a string, but is null", { env: { A: undefined } }],
    ["env.A: must be a string, but is [1]", { env: { A: [1] } }],
    ["networks: must be a list and not an Output", { networks: { main: {} } }],
    ['networks[1]: "my net" is not a name that Docker allows', { networks: ["ok", "my net"] }],
])("refuses %s", async (message, args) => {
    for (const engine of ENGINES) {
        const all = { engine, image: "x:1", ...(args as Partial<WebAppArgs>) };
        expect(await refusal(() => new WebApp("web", all))).toContain(message);
    }
});

test("links by the same name are accepted if their variables differ", async () => {
    const links = { "my-db": db, MY_DB: cache };
    const { one } = await run(() => {
        new WebApp("web", { image: "x:1", links, variables: { MY_DB: { url: "OTHER_URL" } } });
        return {};
    });
    expect(one(CONTAINER).inputs.envs).toEqual([
        "PORT=3000",
        "MY_DB_URL=postgres://db:5432",
        "OTHER_URL=redis://cache:6379",
    ]);
});
