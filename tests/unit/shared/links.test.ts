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

describe("linkEnvironment with LinkStyle.Url", () => {
    test("sets one variable for each link, named after its alias", () => {
        expect(linkEnvironment("web", { database: db, redis: cache })).toEqual({
            DATABASE_URL: "postgres://shop:p%2Fw@shop-dev-db:5432/orders",
            REDIS_URL: "redis://default:pw@shop-dev-cache:6379",
        });
    });

    test("replaces dashes in the alias by underscores", () => {
        expect(Object.keys(linkEnvironment("web", { "main-db-2": db }))).toEqual(["MAIN_DB_2_URL"]);
    });

    test("sets nothing without links", () => {
        expect(linkEnvironment("web", {})).toEqual({});
    });
});

describe("linkEnvironment with LinkStyle.Docker", () => {
    test("sets the variables of docker run --link for a Redis", () => {
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

    test.each(["postgres", "postgresql"])("sets the variables of docker run --link for a %s", (scheme) => {
        expect(linkEnvironment("web", { "my-db": { ...db, scheme } }, LinkStyle.Docker)).toEqual({
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

    test("sets no variable for a password that the connection does not have", () => {
        const passwordless = { scheme: "redis", host: "h", port: 1 };
        expect(Object.keys(linkEnvironment("web", { db: passwordless }, LinkStyle.Docker))).not.toContain(
            "DB_ENV_PASSWORD",
        );
    });
});

test("linkNetworks returns each network once", () => {
    const outside = { scheme: "http", host: "example.com", port: 80 };
    expect(linkNetworks({ a: db, b: cache, c: { ...cache }, d: outside })).toEqual(["n1", "n2"]);
});
