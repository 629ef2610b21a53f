import * as pulumi from "@pulumi/pulumi";
import { Connection, LinkStyle, RedisService, WebApp, WebAppArgs, WiringArgs } from "../../components";
import { CONTAINER, GENERATED, refusal, run, UNKNOWN } from "../../testing";

const outside: Connection = { scheme: "http", host: "host.docker.internal", port: 80 };
const db: Connection = { scheme: "postgres", host: "db", port: 5432, network: "net-1" };
const cache: Connection = { scheme: "redis", host: "cache", port: 6379, network: "net-2" };

const container = async (args: WiringArgs) => {
    const { one } = await run(() => ({ url: new WebApp("web", { image: "x:1", ...args }).url }));
    return one(CONTAINER);
};
const env = async (args: WiringArgs) => (await container(args)).inputs.envs;

describe("the environment of a container", () => {
    test("has the URLs of its links", async () => {
        expect(await env({ links: { database: db, redis: cache } })).toEqual([
            ...["PORT=3000", "DATABASE_URL=postgres://db:5432", "REDIS_URL=redis://cache:6379"],
        ]);
    });

    test("has what docker run --link gave, where that is asked for, under the container's own name", async () => {
        const envs = await env({ links: { db: cache }, linkStyle: LinkStyle.Docker });
        expect(envs).toContain("DB_NAME=/shop-dev-web/db");
        expect(envs).toContain("DB_PORT_6379_TCP_ADDR=cache");
        expect(envs).not.toContain("DB_URL=redis://cache:6379");
    });

    test("has the variables given by hand, and they win over links and port", async () => {
        const links = { database: db };
        expect(
            await env({ links, env: { DATABASE_URL: "mine", PORT: "80", A: pulumi.output("1") } }),
        ).toEqual([...["PORT=80", "DATABASE_URL=mine", "A=1"]]);
    });

    test("is secret where a link is, and where a variable is", async () => {
        expect((await container({ links: { database: pulumi.secret(db) } })).secrets).toEqual(["envs"]);
        expect((await container({ env: { A: pulumi.secret("1") } })).secrets).toEqual(["envs"]);
        expect((await container({ links: { database: db }, env: { A: "1" } })).secrets).toEqual([]);
    });
});

describe("the networks of a container", () => {
    const networks = async (args: WiringArgs) => (await container(args)).inputs.networksAdvanced;

    test("are those of its links and those given, each once", async () => {
        const links = { database: db, redis: cache, other: { ...cache, host: "other" }, outside };
        expect(await networks({ links, networks: ["net-2", pulumi.output("net-3")] })).toEqual([
            ...[{ name: "net-1" }, { name: "net-2" }, { name: "net-3" }],
        ]);
    });

    test("are none of its own", async () => {
        expect(await networks({})).toEqual([]);
    });
});

describe("the machine that containers run on", () => {
    const entry = [{ host: "host.docker.internal", ip: "host-gateway" }];

    test.each<[string, WiringArgs, unknown]>([
        ["a link leads there", { links: { db, outside } }, entry],
        ["a docker-style link leads there", { links: { outside }, linkStyle: LinkStyle.Docker }, entry],
        ["a variable names it", { env: { DB: "postgres://host.docker.internal/shop" } }, entry],
        ["nothing leads there", { links: { db }, env: { A: "1" } }, []],
    ])("has an entry or not: %s", async (_, args, hosts) => {
        const { inputs } = await container(args);
        expect(inputs.hosts).toEqual(hosts);
    });
});

describe("linking to a service", () => {
    const program = () => {
        const redis = new RedisService("cache");
        new WebApp("web", { image: "x:1", links: { redis: redis.connection } });
        return {};
    };

    test("gives its address, joins its network, and keeps its password secret", async () => {
        const { one } = await run(program);
        const { inputs, secrets } = one(CONTAINER, "web");
        expect(inputs.envs).toContain(`REDIS_URL=redis://:${GENERATED.password}@shop-dev-cache:6379/0`);
        expect(inputs.networksAdvanced).toEqual([{ name: "shop-dev-cache" }]);
        expect(secrets).toEqual(["envs"]);
    });

    test("waits until it is healthy", async () => {
        const { early, names } = await run(program, { slow: "cache" });
        expect(early).not.toContain("web");
        expect(names(CONTAINER)).toContain("web");
    });

    test("two applications share one service's network", async () => {
        const { one } = await run(() => {
            const links = { redis: new RedisService("cache").connection };
            new WebApp("a", { image: "x:1", links });
            new WebApp("b", { image: "x:1", links });
            return {};
        });
        for (const name of ["a", "b"])
            expect(one(CONTAINER, name).inputs.networksAdvanced).toEqual([{ name: "shop-dev-cache" }]);
    });

    test("works in a first preview, where the password is not known", async () => {
        const { one } = await run(program, { preview: "first" });
        expect(one(CONTAINER, "web").inputs.envs).toBe(UNKNOWN);
    });

    test("shows in later previews what it comes to", async () => {
        const { one } = await run(program, { preview: "later" });
        expect(one(CONTAINER, "web").inputs.envs).toContain(
            `REDIS_URL=redis://:${GENERATED.password}@shop-dev-cache:6379/0`,
        );
    });

    test("does not depend on the container, whose replacement would replace it too", async () => {
        const { one } = await run(program);
        expect(one(CONTAINER, "web").dependencies).not.toContain(`${CONTAINER} cache`);
    });
});

const missing = "there is no scheme, host and port; pass a service's connection";

test.each<[string, unknown, string]>([
    ["an empty alias", { links: { "": db } }, 'links.: "" is not an alias; use a letter and then'],
    ["an alias of other characters", { links: { "my db": db } }, "links.my db: my db is not an alias"],
    [
        "two links with one alias",
        { links: { "my-db": db, MY_DB: db } },
        "links.MY_DB: MY_DB and my-db are one alias in the environment (MY_DB); rename one of them",
    ],
    ["a link to nothing", { links: { db: undefined } }, `links.db: ${missing}`],
    ["a link to a text", { links: { db: "postgres://db" } }, `links.db: ${missing}`],
    ["a link without a host", { links: { db: { ...db, host: "" } } }, `links.db: ${missing}`],
    ["a link without a scheme", { links: { db: { host: "h", port: 1 } } }, `links.db: ${missing}`],
    ["a link with a bad port", { links: { db: { ...db, port: 0 } } }, `links.db: ${missing}`],
    ["a style that is none", { linkStyle: "both" }, "linkStyle: both is not one of url, docker"],
    ["a variable's name", { env: { "A-B": "1" } }, "env.A-B: A-B is not a name of an environment variable"],
    [
        "a variable without a value",
        { env: { A: undefined } },
        "env.A: null is not a text; quote it, or leave it out",
    ],
    ["a variable that is a number", { env: { A: 1 } }, "env.A: 1 is not a text; quote it"],
    [
        "a network's name",
        { networks: ["ok", "my net"] },
        "networks[1]: my net is not a name that Docker takes",
    ],
])("%s is refused", async (_, args, reason) => {
    const refused = await refusal(
        () => new WebApp("web", { image: "x:1", ...(args as Partial<WebAppArgs>) }),
    );
    expect(refused).toContain(reason);
});
