import * as pulumi from "@pulumi/pulumi";
import { parseConnection, RailsWebApp, requireEndpoint, WebApp } from "../../../components/index.ts";
import {
    type Connection,
    connectionUrl,
    findEndpoint,
    isConnection,
    requireConnection,
    validateConnection,
} from "../../../components/shared/connection.ts";
import { CONTAINER, inspected, refusal, run } from "../../../testing/index.ts";

const postgres: Connection = { scheme: "postgres", host: "db", port: 5432 };

describe("an endpoint", () => {
    test("is the connection of its name", async () => {
        const { outputs } = await run(() => {
            const web = new WebApp("web", { image: "x:1", ports: { cable: { port: 8080, scheme: "ws" } } });
            return { cable: requireEndpoint(web.endpoints, "cable") };
        });
        expect(outputs.cable?.value).toMatchObject({ scheme: "ws", host: "shop-dev-web", port: 8080 });
    });

    test.each([
        [
            { web: postgres },
            'endpoints: there is no "cable"; use one of web, or add it to ports of the component',
        ],
        [{}, 'endpoints: there is no "cable", as the component has no endpoints; set its ports or aliases'],
    ])("that does not exist is refused", (endpoints, message) => {
        expect(() => findEndpoint(endpoints, "cable")).toThrow(message);
    });
});

describe("connectionUrl", () => {
    test.each<[string, Connection, string]>([
        ["contains scheme, host and port", postgres, "postgres://db:5432"],
        [
            "contains user, password and database",
            { ...postgres, username: "shop", password: "pass", database: "orders" },
            "postgres://shop:pass@db:5432/orders",
        ],
        ["contains a user without a password", { ...postgres, username: "shop" }, "postgres://shop@db:5432"],
        [
            "contains the default user for a Redis with a password",
            { scheme: "redis", host: "cache", port: 6379, password: "pass", database: "0" },
            "redis://default:pass@cache:6379/0",
        ],
        [
            "contains no user for a Redis without a password",
            { scheme: "rediss", host: "cache", port: 6379 },
            "rediss://cache:6379",
        ],
        [
            "contains no default user for another scheme",
            { ...postgres, password: "pass" },
            "postgres://:pass@db:5432",
        ],
        [
            "percent-encodes all of them, also characters that only Ruby refuses",
            { ...postgres, username: "a@b", password: "p:/?#%'()*! é", database: "x/y" },
            "postgres://a%40b:p%3A%2F%3F%23%25%27%28%29%2A%21%20%C3%A9@db:5432/x%2Fy",
        ],
        [
            "contains parameters, percent-encoded",
            { ...postgres, database: "d", parameters: { sslmode: "require", options: "-c a=b & c" } },
            "postgres://db:5432/d?sslmode=require&options=-c%20a%3Db%20%26%20c",
        ],
        [
            "puts an IPv6 address in brackets",
            { ...postgres, host: "fd00::5", database: "d" },
            "postgres://[fd00::5]:5432/d",
        ],
        ["keeps existing brackets", { ...postgres, host: "[::1]" }, "postgres://[::1]:5432"],
        [
            "appends the query unchanged",
            { ...postgres, parameters: { a: "1" }, query: "b=1&b=2" },
            "postgres://db:5432?a=1&b=1&b=2",
        ],
        ["does not contain the network", { ...postgres, network: "n" }, "postgres://db:5432"],
    ])("%s", (_, connection, url) => {
        expect(connectionUrl(connection)).toBe(url);
    });
});

describe("parseConnection", () => {
    test.each<[string, Connection]>([
        ["postgres://db.example.com", { ...postgres, host: "db.example.com" }],
        ["postgresql://db:6000/shop", { scheme: "postgresql", host: "db", port: 6000, database: "shop" }],
        ["redis://cache/1", { scheme: "redis", host: "cache", port: 6379, database: "1" }],
        ["rediss://cache", { scheme: "rediss", host: "cache", port: 6379 }],
        [
            "postgres://db/shop?sslmode=verify-full&options=-c%20a%3Db",
            { ...postgres, database: "shop", parameters: { sslmode: "verify-full", options: "-c a=b" } },
        ],
        ["postgres://[fd00::5]/d", { ...postgres, host: "fd00::5", database: "d" }],
        [
            "postgres://db/d?sslmode=require&x=1&x=2&y=a+b",
            { ...postgres, database: "d", parameters: { sslmode: "require" }, query: "x=1&x=2&y=a+b" },
        ],
        ["postgres://db/d?a=1&&b=2&", { ...postgres, database: "d", parameters: { a: "1", b: "2" } }],
        ["postgres://db/d?a+b=c&o=%1g", { ...postgres, database: "d", query: "a+b=c&o=%1g" }],
        ["http://web:80", { scheme: "http", host: "web", port: 80 }],
        ["https://web", { scheme: "https", host: "web", port: 443 }],
        [
            "postgres://a%40b:p%3A%2F@db/x%2Fy",
            { ...postgres, username: "a@b", password: "p:/", database: "x/y" },
        ],
    ])("parses %s", (url, connection) => {
        expect(parseConnection(url)).toEqual(connection);
    });

    test.each([
        "postgres://a%40b:p%3A%2F@db:5432/x%2Fy?sslmode=require",
        "postgres://u:p@[::1]:5432/d",
        "postgres://db:5432/d?x=1&x=2&y=a+b",
        "postgres://db:5432/d?sslmode=require&flag&option=100%&x=1&x=1",
        "postgres://db:5432/d?a=b=c&a+b=c",
    ])("is the inverse of connectionUrl for %s", (url) => {
        expect(decodeURIComponent(connectionUrl(parseConnection(url)).replace(/%(?![0-9A-F])/g, "%25"))).toBe(
            decodeURIComponent(url.replace(/%(?![0-9A-F])/g, "%25")),
        );
        expect(parseConnection(connectionUrl(parseConnection(url)))).toEqual(parseConnection(url));
    });

    test.each([
        ["", "not a URL; write scheme://user:password@host:port/database"],
        ["db.example.com/shop", "not a URL; write scheme://user:password@host:port/database"],
        ["postgres:///shop", "the host is missing; write scheme://user:password@host:port/database"],
        ["mssql://db/shop", "the port is missing, and mssql has no default port; write mssql://host:port"],
        ["postgres://db:0/shop", "the port is missing"],
        ["postgres://db/shop#1", "contains a # that is not percent-encoded; write %23"],
        ["postgres://u:p%zz@db/shop", "contains a % that is not percent-encoded; write %25"],
    ])("refuses %j", async (url, message) => {
        expect(await refusal(() => parseConnection(url))).toContain(`url: ${message}`);
    });

    test("does not quote the URL, which may hold a password", async () => {
        expect(await refusal(() => parseConnection("mysql://u:hunter2@db/shop?x=y"))).not.toContain(
            "hunter2",
        );
    });
});

test.each([
    [postgres, true],
    [{ scheme: "postgres" }, false],
    [{ host: "db" }, false],
    [{ scheme: pulumi.output("postgres"), host: "db" }, false],
    ["postgres://db", false],
    [null, false],
    [undefined, false],
])("isConnection(%p) is %p", (value, expected) => {
    expect(isConnection(value)).toBe(expected);
});

describe("validateConnection", () => {
    const validated = (value: unknown) => () => {
        validateConnection("database", value);
    };

    test.each([
        ["a connection", postgres],
        ["an Output", pulumi.output(postgres)],
        ["a promise", Promise.resolve(postgres)],
    ])("accepts %s", (_, value) => {
        expect(validated(value)).not.toThrow();
    });

    test.each([
        ["without a scheme", { ...postgres, scheme: "" }],
        ["whose host is no string", { ...postgres, host: 5 }],
        ["without a port", { ...postgres, port: undefined }],
    ])("refuses one %s", (_, value) => {
        expect(validated(value)).toThrow("database: must be a connection with scheme, host and port");
    });
});

test("validateConnection says that a service has no port to link to", () => {
    expect(() => {
        validateConnection("links.worker", { scheme: "tcp", host: "shop-dev-worker", port: 0 });
    }).toThrow("links.worker: the service shop-dev-worker has no port to connect to; set its port");
});

describe("a connection that is an Output", () => {
    const checked = async (value: unknown) => {
        await run(() => ({}));
        return inspected(requireConnection("database", value as pulumi.Input<Connection>, undefined));
    };

    test("is refused once it is known, without its password in the message", async () => {
        const url = "postgres://u:hunter2@db/d";
        const refused = checked(pulumi.secret(url));
        await expect(refused).rejects.toThrow(
            "database: must be a connection, not a string; use parseConnection(url), or url.apply(parseConnection) if the URL is an Output",
        );
        await expect(refused).rejects.not.toThrow("hunter2");
        await expect(checked(pulumi.output(undefined))).rejects.toThrow(
            "must be a connection with scheme, host and port",
        );
        await expect(checked(pulumi.output({ ...postgres, port: 70000 }))).rejects.toThrow(
            "must be a connection with scheme",
        );
    });

    test("may be an object with Outputs, as in YAML", async () => {
        const { value } = await checked({
            ...postgres,
            host: pulumi.output("later"),
            port: pulumi.output(1),
        });
        expect(value).toEqual({ ...postgres, host: "later", port: 1 });
        await expect(checked({ ...postgres, host: pulumi.output("") })).rejects.toThrow(
            "must be a connection with scheme",
        );
        const later = { ...postgres, host: pulumi.output("later") } as unknown as Connection;
        expect(await refusal(() => new WebApp("web", { image: "x:1", links: { later } }))).toBe(
            "nothing was refused",
        );
    });

    test("can be used for a database", async () => {
        const { one } = await run(() => {
            const database = pulumi.secret("postgres://u:p@db/d").apply(parseConnection);
            new RailsWebApp("web", { image: "x:1", database, migration: [] });
            return {};
        });
        expect(one(CONTAINER, "web").inputs.envs).toContain("DATABASE_URL=postgres://u:p@db:5432/d");
    });
});
