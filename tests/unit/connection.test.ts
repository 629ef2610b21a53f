import { parseConnection } from "../../components";
import { Connection, connectionUrl } from "../../components/connection";
import { refusal } from "../../testing";

const postgres: Connection = { scheme: "postgres", host: "db", port: 5432 };

describe("the URL of a connection", () => {
    test.each<[string, Connection, string]>([
        ["names scheme, host and port", postgres, "postgres://db:5432"],
        [
            "has user, password and database",
            { ...postgres, username: "shop", password: "pass", database: "orders" },
            "postgres://shop:pass@db:5432/orders",
        ],
        ["may have a user alone", { ...postgres, username: "shop" }, "postgres://shop@db:5432"],
        [
            "may have a password alone, as Redis does",
            { scheme: "redis", host: "cache", port: 6379, password: "pass", database: "0" },
            "redis://:pass@cache:6379/0",
        ],
        [
            "percent-encodes all of them, with what Ruby refuses unencoded",
            { ...postgres, username: "a@b", password: "p:/?#%'()*! é", database: "x/y" },
            "postgres://a%40b:p%3A%2F%3F%23%25%27%28%29%2A%21%20%C3%A9@db:5432/x%2Fy",
        ],
        [
            "has parameters, percent-encoded",
            { ...postgres, database: "d", parameters: { sslmode: "require", options: "-c a=b & c" } },
            "postgres://db:5432/d?sslmode=require&options=-c%20a%3Db%20%26%20c",
        ],
        ["says nothing of the network", { ...postgres, network: "n" }, "postgres://db:5432"],
    ])("%s", (_, connection, url) => {
        expect(connectionUrl(connection)).toBe(url);
    });
});

describe("a connection from a URL", () => {
    test.each<[string, Connection]>([
        ["postgres://db.example.com", { ...postgres, host: "db.example.com" }],
        ["postgresql://db:6000/shop", { scheme: "postgresql", host: "db", port: 6000, database: "shop" }],
        ["redis://cache/1", { scheme: "redis", host: "cache", port: 6379, database: "1" }],
        ["rediss://cache", { scheme: "rediss", host: "cache", port: 6379 }],
        [
            "postgres://db/shop?sslmode=verify-full&options=-c%20a%3Db",
            { ...postgres, database: "shop", parameters: { sslmode: "verify-full", options: "-c a=b" } },
        ],
        ["http://web:80", { scheme: "http", host: "web", port: 80 }],
        ["https://web", { scheme: "https", host: "web", port: 443 }],
        [
            "postgres://a%40b:p%3A%2F@db/x%2Fy",
            { ...postgres, username: "a@b", password: "p:/", database: "x/y" },
        ],
    ])("%s", (url, connection) => {
        expect(parseConnection(url)).toEqual(connection);
    });

    test("gives the same URL again", () => {
        const url = "postgres://a%40b:p%3A%2F@db:5432/x%2Fy?sslmode=require";
        expect(connectionUrl(parseConnection(url))).toBe(url);
    });

    test.each([
        ["", "it is not a URL; write scheme://user:password@host:port/database"],
        ["db.example.com/shop", "it is not a URL; write scheme://user:password@host:port/database"],
        ["postgres:///shop", "it names no host; write scheme://user:password@host:port/database"],
        ["mysql://db/shop", "it names no port, and mysql has none of its own; write mysql://host:port"],
        ["postgres://db:0/shop", "it names no port"],
        ["postgres://db/shop#1", "a # in it stands alone; write %23"],
        ["postgres://u:p%zz@db/shop", "a % in it stands alone; write %25"],
    ])("is refused of %j", async (url, reason) => {
        expect(await refusal(() => parseConnection(url))).toContain(`url: ${reason}`);
    });

    test("never quotes a URL that may hold a password", async () => {
        expect(await refusal(() => parseConnection("mysql://u:hunter2@db/shop?x=y"))).not.toContain(
            "hunter2",
        );
    });
});
