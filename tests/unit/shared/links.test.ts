import { LinkStyle } from "../../../components/index.ts";
import { linkEnvironment, linkNetworks } from "../../../components/shared/links.ts";

const db = {
    scheme: "postgres",
    host: "shop-dev-db",
    port: 5432,
    network: "n1",
    username: "shop",
    password: "p/w",
    database: "orders",
};
const cache = { scheme: "redis", host: "shop-dev-cache", port: 6379, network: "n2", password: "pw" };

describe("links in the environment, as URLs", () => {
    test("are one variable each, named after the alias", () => {
        expect(linkEnvironment("web", { database: db, redis: cache })).toEqual({
            DATABASE_URL: "postgres://shop:p%2Fw@shop-dev-db:5432/orders",
            REDIS_URL: "redis://default:pw@shop-dev-cache:6379",
        });
    });

    test("turn the dashes of an alias into what a shell takes", () => {
        expect(Object.keys(linkEnvironment("web", { "main-db-2": db }))).toEqual(["MAIN_DB_2_URL"]);
    });

    test("are none without links", () => {
        expect(linkEnvironment("web", {})).toEqual({});
    });
});

describe("links in the environment, as docker run --link had them", () => {
    test("are the variables of a Redis", () => {
        expect(linkEnvironment("shop-dev-web", { db: cache }, LinkStyle.Docker)).toEqual({
            DB_NAME: "/shop-dev-web/db",
            DB_PORT: "tcp://shop-dev-cache:6379",
            DB_PORT_6379_TCP: "tcp://shop-dev-cache:6379",
            DB_PORT_6379_TCP_PROTO: "tcp",
            DB_PORT_6379_TCP_ADDR: "shop-dev-cache",
            DB_PORT_6379_TCP_PORT: "6379",
            DB_ENV_PASSWORD: "pw",
        });
    });

    test("are the variables of a Postgres, with those of its image", () => {
        expect(linkEnvironment("web", { "my-db": db }, LinkStyle.Docker)).toEqual({
            MY_DB_NAME: "/web/my-db",
            MY_DB_PORT: "tcp://shop-dev-db:5432",
            MY_DB_PORT_5432_TCP: "tcp://shop-dev-db:5432",
            MY_DB_PORT_5432_TCP_PROTO: "tcp",
            MY_DB_PORT_5432_TCP_ADDR: "shop-dev-db",
            MY_DB_PORT_5432_TCP_PORT: "5432",
            MY_DB_ENV_POSTGRES_USER: "shop",
            MY_DB_ENV_POSTGRES_PASSWORD: "p/w",
            MY_DB_ENV_POSTGRES_DB: "orders",
        });
    });

    test("say nothing of what the connection does not have", () => {
        const open = { scheme: "redis", host: "h", port: 1 };
        expect(Object.keys(linkEnvironment("web", { db: open }, LinkStyle.Docker))).not.toContain(
            "DB_ENV_PASSWORD",
        );
    });
});

test("what is linked brings its networks, each once, and none where it has none", () => {
    const outside = { scheme: "http", host: "example.com", port: 80 };
    expect(linkNetworks({ a: db, b: cache, c: { ...cache }, d: outside })).toEqual(["n1", "n2"]);
});
