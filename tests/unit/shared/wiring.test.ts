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
import { GENERATED, refusal, type Settings, UNKNOWN } from "../../../testing/index.ts";
import { ENGINES, open, runOn, TERMS } from "../engines/index.ts";

const outside: Connection = { scheme: "http", host: "host.docker.internal", port: 80 };
const db: Connection = { scheme: "postgres", host: "db", port: 5432, network: "net-1" };
const cache: Connection = { scheme: "redis", host: "cache", port: 6379, network: "net-2" };

describe.each(ENGINES)("on %s", (engine) => {
    const container = async (args: WiringArgs) => {
        const program = () => ({ url: new WebApp("web", { engine, image: "x:1", ...args }).url });
        return (await runOn(engine, program)).container();
    };
    const env = async (args: WiringArgs) => (await container(args)).env;

    describe("the environment of a container", () => {
        test("has the URLs of its links", async () => {
            expect(await env({ links: { database: db, redis: cache } })).toEqual({
                PORT: "3000",
                DATABASE_URL: "postgres://db:5432",
                REDIS_URL: "redis://cache:6379",
            });
        });

        test("has what docker run --link gave, where that is asked for, under the container's own name", async () => {
            const variables = await env({ links: { db: cache }, linkStyle: LinkStyle.Docker });
            expect(variables).toMatchObject({
                DB_NAME: "/shop-dev-web/db",
                DB_PORT_6379_TCP_ADDR: "cache",
            });
            expect(variables).not.toHaveProperty("DB_URL");
        });

        test("is secret where a connection written by hand has a password", async () => {
            const secrets = async (link: Connection) =>
                (await container({ links: { database: link } })).secrets;
            expect(await secrets({ ...db, password: "hunter2" })).toContain("env");
            if (engine === Engine.Docker) expect(await secrets(db)).toEqual([]);
        });

        test("has the variables given by hand, and they win over links and port", async () => {
            const own = { DATABASE_URL: "mine", PORT: "80" };
            const given = { ...own, A: pulumi.output("1") };
            expect(await env({ links: { database: db }, env: given })).toEqual({ ...own, A: "1" });
        });

        test.each([
            [
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
            ].map((value, i) => [`V${i}`, value] as const),
        ])("has every value as it was given: %j", async (...values) => {
            const own = Object.fromEntries(values);
            expect(await env({ env: own })).toEqual({ PORT: "3000", ...own });
        });

        test.each<[string, WiringArgs]>([
            ["a link", { links: { database: pulumi.secret(db) } }],
            ["a variable", { env: { A: pulumi.secret("1") } }],
        ])("is secret where %s is", async (_, args) => {
            expect((await container(args)).secrets).toEqual(["env"]);
        });
    });

    describe("the networks of a container", () => {
        test("are those of its links and those given, each once", async () => {
            const links = { database: db, redis: cache, other: { ...cache, host: "other" }, outside };
            const networks = ["net-2", pulumi.output("net-3")];
            expect((await container({ links, networks })).networks).toEqual(["net-1", "net-2", "net-3"]);
        });

        test("are none of its own", async () => {
            expect((await container({})).networks).toEqual([]);
        });
    });

    test.each<[string, WiringArgs, boolean]>([
        ["a link leads there", { links: { db, outside } }, true],
        ["a docker-style link leads there", { links: { outside }, linkStyle: LinkStyle.Docker }, true],
        ["a variable names it", { env: { DB: "postgres://host.docker.internal/shop" } }, true],
        ["nothing leads there", { links: { db }, env: { A: "1" } }, false],
    ])("the machine that containers run on has an entry or not: %s", async (_, args, reachesHost) => {
        expect((await container(args)).reachesHost).toBe(reachesHost);
    });

    describe("linking to a service", () => {
        const linked = (settings: Settings = {}) =>
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

        test("gives its address, joins its network, and keeps its password secret", async () => {
            const run = await linked();
            const web = run.container("web");
            expect(web).toMatchObject({ env: { REDIS_URL }, networks: ["shop-dev-cache"], secrets: ["env"] });
            expect(open(run)).not.toContain(GENERATED.password);
        });

        test("waits until it is healthy", async () => {
            const { startedWhilePaused, containers } = await linked({ pause: "cache" });
            expect(startedWhilePaused).toContain("cache");
            expect(startedWhilePaused).not.toContain("web");
            expect(containers).toContain("web");
        });

        test("two applications share one service's network", async () => {
            const { container, networks } = await runOn(engine, () => {
                const links = { redis: new RedisService("cache", { engine }).connection };
                new WebApp("a", { engine, image: "x:1", links });
                new WebApp("b", { engine, image: "x:1", links });
                return {};
            });
            expect(networks).toEqual(["cache-network"]);
            for (const name of ["a", "b"]) expect(container(name).networks).toEqual(["shop-dev-cache"]);
        });

        test("works in a first preview, where the password is not known", async () => {
            expect((await linked({ preview: "first" })).container("web").env).toBe(UNKNOWN);
        });

        test("shows in later previews what it comes to", async () => {
            const { container } = await linked({ preview: "later" });
            expect(container("web").env).toMatchObject({ REDIS_URL });
        });

        test("does not depend on the container, whose replacement would replace it too", async () => {
            const { one, container } = await linked();
            const { container: type } = TERMS[engine];
            expect(one(type, "cache").name).toBe("cache");
            expect(container("web").dependencies).not.toContain(`${type} cache`);
        });
    });
});

const missing = "must be a connection with scheme, host and port; use the connection of a service";

test.each<[string, unknown, string]>([
    ["an empty alias", { links: { "": db } }, 'links.: "" is not an alias; use letters, digits'],
    ["an alias of other characters", { links: { "my db": db } }, 'links.my db: "my db" is not an alias'],
    [
        "two links with one alias",
        { links: { "my-db": db, MY_DB: db } },
        'links.MY_DB: "MY_DB" and "my-db" set the same environment variables (MY_DB_...); rename one of them',
    ],
    ["a link to nothing", { links: { db: undefined } }, `links.db: ${missing}`],
    [
        "a link to a string",
        { links: { db: "postgres://u:hunter2@db" } },
        "links.db: must be a connection, not a string; use parseConnection(url)",
    ],
    ["a connection without an alias", { links: db }, "links: must map aliases to connections"],
    [
        "a connection without an alias, as an output",
        { links: pulumi.secret(db) },
        "links: must map aliases to connections: { database: db.connection }",
    ],
    ["a link without a host", { links: { db: { ...db, host: "" } } }, `links.db: ${missing}`],
    ["a link without a scheme", { links: { db: { host: "h", port: 1 } } }, `links.db: ${missing}`],
    ["a link with a bad port", { links: { db: { ...db, port: 0 } } }, `links.db: ${missing}`],
    ["a style that is none", { linkStyle: "both" }, 'linkStyle: "both" is not one of url, docker'],
    ["a variable's name", { env: { "A-B": "1" } }, 'env.A-B: "A-B" is not a name of an environment variable'],
    ["a variable without a value", { env: { A: undefined } }, "env.A: must be a string, but is null"],
    ["a variable that is a list", { env: { A: [1] } }, 'env.A: must be a string, but is ["1"]'],
    [
        "a network's name",
        { networks: ["ok", "my net"] },
        'networks[1]: "my net" is not a name that Docker allows',
    ],
])("%s is refused, whatever the engine", async (_, args, reason) => {
    for (const engine of ENGINES) {
        const all = { engine, image: "x:1", ...(args as Partial<WebAppArgs>) };
        expect(await refusal(() => new WebApp("web", all))).toContain(reason);
    }
});
