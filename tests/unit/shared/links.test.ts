import { type Connection, LinkStyle, type LinkVariables } from "../../../components/index.ts";
import {
    isNameArgument,
    type LinkArgs,
    linkEnvironment,
    linkNetworks,
    linkVariables,
    UNKNOWN_CONNECTION,
} from "../../../components/shared/links.ts";

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
        expect(linkEnvironment("web", { links: { database: db, redis: cache } })).toEqual({
            DATABASE_URL: "postgres://shop:p%2Fw@shop-dev-db:5432/orders",
            REDIS_URL: "redis://default:pw@shop-dev-cache:6379",
        });
    });

    test("replaces dashes in the alias by underscores", () => {
        expect(Object.keys(linkEnvironment("web", { links: { "main-db-2": db } }))).toEqual([
            "MAIN_DB_2_URL",
        ]);
    });

    test("sets nothing with LinkStyle.None, for all links or for one", () => {
        const links = { db };
        expect(linkEnvironment("web", { links, linkStyle: LinkStyle.None })).toEqual({});
        expect(linkEnvironment("web", { links, variables: { db: { style: LinkStyle.None } } })).toEqual({});
    });

    test("sets nothing without links", () => {
        expect(linkEnvironment("web", { links: {} })).toEqual({});
    });
});

describe("linkEnvironment with LinkStyle.Docker", () => {
    test("sets the variables of docker run --link for a Redis", () => {
        expect(
            linkEnvironment("shop-dev-web", { links: { db: cache }, linkStyle: LinkStyle.Docker }),
        ).toEqual({
            DB_NAME: "/shop-dev-web/db",
            DB_PORT: "tcp://shop-dev-cache:6379",
            DB_PORT_6379_TCP: "tcp://shop-dev-cache:6379",
            DB_PORT_6379_TCP_PROTO: "tcp",
            DB_PORT_6379_TCP_ADDR: "shop-dev-cache",
            DB_PORT_6379_TCP_PORT: "6379",
            DB_ENV_PASSWORD: "pw",
        });
    });

    test("sets the variables of docker run --link for a UDP port", () => {
        const dns = { scheme: "udp", host: "shop-dev-dns", port: 53 };
        expect(linkEnvironment("web", { links: { dns }, linkStyle: LinkStyle.Docker })).toEqual({
            DNS_NAME: "/web/dns",
            DNS_PORT: "udp://shop-dev-dns:53",
            DNS_PORT_53_UDP: "udp://shop-dev-dns:53",
            DNS_PORT_53_UDP_PROTO: "udp",
            DNS_PORT_53_UDP_ADDR: "shop-dev-dns",
            DNS_PORT_53_UDP_PORT: "53",
        });
    });

    test.each(["postgres", "postgresql", "postgresql+psycopg", "postgis"])(
        "sets the variables of docker run --link for a %s",
        (scheme) => {
            expect(
                linkEnvironment("web", {
                    links: { "my-db": { ...db, scheme } },
                    linkStyle: LinkStyle.Docker,
                }),
            ).toEqual({
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
        },
    );

    test("sets no variable for a password that the connection does not have", () => {
        const passwordless = { scheme: "redis", host: "h", port: 1, database: "0" };
        expect(
            Object.keys(linkEnvironment("web", { links: { db: passwordless }, linkStyle: LinkStyle.Docker })),
        ).not.toContain("DB_ENV_PASSWORD");
    });
});

const PARTS = { host: "DB_HOST", port: "DB_PORT", username: "DB_USER", password: "DB_PASS", name: "DB_NAME" };
const values = { host: "shop-dev-db", port: "5432", username: "shop", password: "p/w", name: "orders" };
const DB_VARIABLES = {
    DB_HOST: values.host,
    DB_PORT: values.port,
    DB_USER: values.username,
    DB_PASS: values.password,
    DB_NAME: values.name,
};
const PG_VARIABLES = {
    PGHOST: values.host,
    PGPORT: values.port,
    PGUSER: values.username,
    PGPASSWORD: values.password,
    PGDATABASE: values.name,
};

/** Variables of one link with the alias `database`. */
function variablesOf(own: LinkVariables | undefined, connection: Connection = db, linkStyle?: LinkStyle) {
    const variables = own && { database: own };
    return linkEnvironment("web", { links: { database: connection }, linkStyle, variables });
}

describe("linkEnvironment with LinkStyle.Parts", () => {
    test("sets a variable for each part of a connection", () => {
        expect(variablesOf(undefined, db, LinkStyle.Parts)).toEqual({
            DATABASE_HOST: values.host,
            DATABASE_PORT: values.port,
            DATABASE_USERNAME: values.username,
            DATABASE_PASSWORD: values.password,
            DATABASE_NAME: values.name,
        });
    });

    test("sets none for a part that the connection does not have", () => {
        const http = { scheme: "http", host: "h", port: 80 };
        expect(variablesOf(undefined, http, LinkStyle.Parts)).toStrictEqual({
            DATABASE_HOST: "h",
            DATABASE_PORT: "80",
        });
    });

    test("logs in to Redis as the user default, as its URL does", () => {
        expect(variablesOf(undefined, cache, LinkStyle.Parts)).toMatchObject({
            DATABASE_USERNAME: "default",
            DATABASE_PASSWORD: "pw",
        });
    });
});

describe("linkEnvironment with LinkStyle.Libpq", () => {
    test.each(["postgres", "postgresql", "postgresql+psycopg", "postgis"])(
        "sets the variables of libpq for a %s",
        (scheme) => {
            expect(variablesOf(undefined, { ...db, scheme }, LinkStyle.Libpq)).toEqual(PG_VARIABLES);
        },
    );

    test("sets those of the parameters that libpq knows", () => {
        const parameters = { sslmode: "verify-full", pool: "5" };
        expect(variablesOf({ style: LinkStyle.Libpq }, { ...db, parameters })).toEqual({
            ...PG_VARIABLES,
            PGSSLMODE: "verify-full",
        });
    });

    test("sets the URL of another service", () => {
        const links = { database: db, redis: cache };
        expect(linkEnvironment("web", { links, linkStyle: LinkStyle.Libpq })).toEqual({
            ...PG_VARIABLES,
            REDIS_URL: "redis://default:pw@shop-dev-cache:6379",
        });
    });

    test("is refused for a single link to another service", () => {
        expect(() => variablesOf({ style: LinkStyle.Libpq }, cache)).toThrow(
            'variables.database.style: libpq is for PostgreSQL, and the scheme of "database" is "redis"; use another style',
        );
    });

    test("is refused for two databases", () => {
        const links = { database: db, queue: { ...db, host: "other" } };
        expect(() => linkEnvironment("web", { links, linkStyle: LinkStyle.Libpq })).toThrow(
            'links.queue: "queue" and "database" both set PGHOST; choose other names for one of them in variables.queue',
        );
    });
});

describe("linkEnvironment with variables", () => {
    const URL = "postgres://shop:p%2Fw@shop-dev-db:5432/orders";
    test.each<[string, LinkVariables, Record<string, string>]>([
        ["the named ones and no URL", PARTS, DB_VARIABLES],
        ["a URL if it is named", { ...PARTS, url: "DATABASE_URL" }, { ...DB_VARIABLES, DATABASE_URL: URL }],
        ["one alone", { host: "PG_HOST" }, { PG_HOST: values.host }],
        ["another URL", { url: "PRIMARY" }, { PRIMARY: URL }],
        ["those of a style", { style: LinkStyle.Libpq }, PG_VARIABLES],
        [
            "those of a style and the named ones",
            { style: LinkStyle.Url, host: "DB_HOST" },
            { DATABASE_URL: URL, DB_HOST: values.host },
        ],
        [
            "a name once that its style has too",
            { style: LinkStyle.Url, url: "DATABASE_URL" },
            { DATABASE_URL: URL },
        ],
        ["the URL without names", {}, { DATABASE_URL: URL }],
        [
            "parameters in the URL",
            { parameters: { pool: "20", application_name: "a b" } },
            { DATABASE_URL: `${URL}?pool=20&application_name=a%20b` },
        ],
        ["another scheme", { scheme: "postgis" }, { DATABASE_URL: URL.replace("postgres", "postgis") }],
        ["another database", { database: "2" }, { DATABASE_URL: URL.replace("orders", "2") }],
        ["another database by its name", { name: "DB_NAME", database: "other" }, { DB_NAME: "other" }],
    ])("sets %s", (_, own, expected) => {
        expect(variablesOf(own)).toEqual(expected);
    });

    test("keeps the parameters of the connection that are not overridden", () => {
        const connection = { ...db, parameters: { sslmode: "require", pool: "5" }, query: "o=a&o=b" };
        expect(variablesOf({ parameters: { pool: "20" } }, connection)).toEqual({
            DATABASE_URL: `${URL}?sslmode=require&pool=20&o=a&o=b`,
        });
    });

    test("sets nothing for a part that the connection does not have", () => {
        const { username: _, password: __, ...open } = db;
        expect(variablesOf({ username: "U", password: "P", host: "H" }, open)).toStrictEqual({
            H: values.host,
        });
    });

    test("overrides the style of one link alone", () => {
        const links = { database: db, redis: cache };
        const variables = { redis: { host: "REDIS_HOST" } };
        expect(linkEnvironment("web", { links, linkStyle: LinkStyle.Libpq, variables })).toEqual({
            ...PG_VARIABLES,
            REDIS_HOST: "shop-dev-cache",
        });
    });
});

describe("variables that are set twice", () => {
    test.each<[string, LinkArgs, string]>([
        [
            "by two parts of a link",
            { links: { database: db }, variables: { database: { host: "X", port: "X" } } },
            "variables.database.port: X is also the host of the link; use another name",
        ],
        [
            "by aliases that differ in punctuation",
            { links: { "my-db": db, my_db: db } },
            'links.my_db: "my_db" and "my-db" set the same environment variables (MY_DB_...); rename one of them',
        ],
        [
            "by a name and an alias that differs in punctuation",
            { links: { "my-db": db, my_db: db }, variables: { my_db: { host: "MY_DB_URL" } } },
            'variables.my_db.host: "my_db" and "my-db" both set MY_DB_URL; use another name',
        ],
        [
            "by a name and another link",
            { links: { database: db, redis: cache }, variables: { redis: { url: "DATABASE_URL" } } },
            'variables.redis.url: "redis" and "database" both set DATABASE_URL; use another name',
        ],
        [
            "by the style of single links",
            {
                links: { database: db, queue: db },
                variables: { database: { style: LinkStyle.Libpq }, queue: { style: LinkStyle.Libpq } },
            },
            'variables.queue.style: "queue" and "database" both set PGHOST; use another name',
        ],
    ])("are refused: %s", (_, args, message) => {
        expect(() => linkEnvironment("web", args)).toThrow(message);
    });
});

describe("linkVariables of a connection that is not known yet", () => {
    const variables = (linkStyle?: LinkStyle, own: LinkVariables = {}) =>
        linkVariables("web", {
            links: { db: UNKNOWN_CONNECTION },
            linkStyle,
            variables: { db: own },
        }).map(({ variable }) => variable);

    test.each<[string, LinkStyle, LinkVariables, string[]]>([
        ["its URL", LinkStyle.Url, {}, ["DB_URL"]],
        ["its names", LinkStyle.Url, { host: "H" }, ["H"]],
        ["those of libpq", LinkStyle.Url, { style: LinkStyle.Libpq }, Object.keys(PG_VARIABLES)],
        ["none of libpq that only a PostgreSQL has", LinkStyle.Libpq, {}, []],
    ])("are %s", (_, linkStyle, own, expected) => {
        expect(variables(linkStyle, own)).toEqual(expected);
    });

    test("have no port in their names", () => {
        expect(variables(LinkStyle.Docker)).toContain("DB_PORT_0_TCP");
    });
});

test.each([
    ["host", true],
    ["style", false],
])("isNameArgument(%j) is %j", (name, expected) => {
    expect(isNameArgument(name)).toBe(expected);
});

test("linkNetworks returns each network once", () => {
    const outside = { scheme: "http", host: "example.com", port: 80 };
    expect(linkNetworks({ a: db, b: cache, c: { ...cache }, d: outside })).toEqual(["n1", "n2"]);
});
