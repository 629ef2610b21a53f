import * as pulumi from "@pulumi/pulumi";
import { isUnknown, isPort, propertyError, refuse, reportErrorsOn } from "./validation.ts";

/**
 * How to reach a service: plain data, so that it can be exported, read by another stack through a
 * StackReference, or written by hand for a service that lives elsewhere.
 *
 * @example
 * const elsewhere: Connection = { scheme: "postgres", host: "host.docker.internal", port: 5432, username: "shop" };
 */
export interface Connection {
    /** What is spoken there, as in a URL: `postgres`, `redis`, `http`. */
    scheme: string;
    /** Name or address by which containers reach it; `host.docker.internal` is the machine they run on. */
    host: string;
    /** The port that it listens on. */
    port: number;
    /** Who to log in as. */
    username?: string;
    /** The password, as it is: not percent-encoded. */
    password?: string;
    /** Name of the database (PostgreSQL) or its number (Redis). */
    database?: string;
    /** Parameters of the URL, as they are: `{ sslmode: "require" }`. */
    parameters?: Record<string, string>;
    /** Further parameters as the URL has them, percent-encoded, for what `parameters` cannot hold: `option=a&option=b`. */
    query?: string;
    /** The Docker network to join to reach it; none for a service outside of Docker. */
    network?: string;
    /** Names the data behind it: with another name it is another, empty database, and tasks that link to it run again. */
    storage?: string;
}

/** The connection to a container, on a network. */
export interface ServiceConnection extends Connection {
    /** The Docker network to join to reach it. */
    network: string;
}

/** The connection to a database that asks who is there. */
export interface DatabaseConnection extends ServiceConnection {
    /** Who to log in as. */
    username: string;
    /** The password, as it is: not percent-encoded. */
    password: string;
    /** Name of the database. */
    database: string;
}

/** The name that Docker gives to the machine that containers run on. */
export const HOST_GATEWAY_NAME = "host.docker.internal";

/** The connection as a URL, percent-encoded: `postgres://shop:pass%2Fword@db:5432/shop`. */
export function connectionUrl(connection: Connection): string {
    const { scheme, port, password, database, parameters = {} } = connection;
    // Redis has this user, and redis-cli is refused with a password of no user.
    const isRedis = /^rediss?$/.test(scheme) && password !== undefined;
    const username = connection.username ?? (isRedis ? "default" : "");
    const login = password === undefined ? encode(username) : `${encode(username)}:${encode(password)}`;
    const path = database === undefined ? "" : `/${encode(database)}`;
    const pairs = Object.entries(parameters).map(([name, value]) => `${encode(name)}=${encode(value)}`);
    if (connection.query) pairs.push(connection.query);
    const query = pairs.length === 0 ? "" : `?${pairs.join("&")}`;
    return `${scheme}://${login === "" ? "" : `${login}@`}${formatHost(connection.host)}:${port}${path}${query}`;
}

/** The host as a URL has it: an IPv6 address in brackets. */
export function formatHost(host: string): string {
    return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** As in a URL, and the few more characters that Ruby's URI refuses unencoded. */
function encode(text: string): string {
    return encodeURIComponent(text).replace(
        /[!'()*]/g,
        (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    );
}

const DEFAULT_PORTS: Record<string, number> = {
    postgres: 5432,
    postgresql: 5432,
    redis: 6379,
    rediss: 6379,
    http: 80,
    https: 443,
};

/**
 * A connection from a URL, for a service that is given as one: a managed database, for instance.
 *
 * @param url such as `postgres://shop:secret@db.example.com:5432/shop?sslmode=require`; the port may be left
 *   out where the scheme has one of its own
 * @throws pulumi.InputPropertyError if it is not a URL with a host and a port
 */
export function parseConnection(url: string): Connection {
    const fail = (remedy: string): never => {
        // The URL may hold a password: it is not quoted.
        throw Object.assign(propertyError("url", remedy), new pulumi.RunError());
    };
    if (!URL.canParse(url)) return fail("it is not a URL; write scheme://user:password@host:port/database");
    const parsed = new URL(url);
    const scheme = parsed.protocol.slice(0, -1);
    const port = parsed.port === "" ? DEFAULT_PORTS[scheme] : Number(parsed.port);
    if (parsed.hostname === "")
        return fail("it names no host; write scheme://user:password@host:port/database");
    if (!port)
        return fail(`it names no port, and ${scheme} has none of its own; write ${scheme}://host:port`);
    if (parsed.hash !== "") return fail("a # in it stands alone; write %23");
    const decode = (text: string): string => {
        try {
            return decodeURIComponent(text);
        } catch {
            return fail("a % in it stands alone; write %25");
        }
    };
    const [username, password, database] = [
        decode(parsed.username),
        decode(parsed.password),
        decode(parsed.pathname.slice(1)),
    ];
    return {
        scheme,
        host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
        port,
        ...(username && { username }),
        ...(password && { password }),
        ...(database && { database }),
        ...parametersOf(parsed.search.slice(1)),
    };
}

/** What a record can hold as parameters, and the rest as it is: what repeats, and what readers decode differently. */
function parametersOf(search: string): Pick<Connection, "parameters" | "query"> {
    const pairs = search.split("&").filter((pair) => pair !== "");
    const names = pairs.map((pair) => pair.split("=")[0]);
    const plain = (pair: string, i: number) =>
        /^[^+=]+=[^+]*$/.test(pair) &&
        isEncoded(pair) &&
        names.every((name, j) => i === j || name !== names[i]);
    const parameters = pairs.filter(plain).map((pair) => {
        const [name = "", value = ""] = pair.split(/=(.*)/s);
        return [decodeURIComponent(name), decodeURIComponent(value)] as const;
    });
    const query = pairs.filter((pair, i) => !plain(pair, i)).join("&");
    return {
        ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
        ...(query !== "" && { query }),
    };
}

function isEncoded(text: string): boolean {
    return !/%(?![0-9a-f]{2})/i.test(text);
}

export function isConnection(value: unknown): value is Connection {
    const { scheme, host } = (value ?? {}) as Partial<Connection>;
    return typeof scheme === "string" && typeof host === "string";
}

/** Refuses what is not a connection, as far as it is known; quotes nothing of one that may hold a password. */
export function validateConnection(propertyPath: string, value: unknown): void {
    if (isUnknown(value)) return;
    if (typeof value === "string")
        refuse(
            propertyPath,
            "it is a string; make a connection of a URL with parseConnection(url), or of an output with url.apply(parseConnection)",
        );
    const { scheme, host, port } = (value ?? {}) as Partial<Record<string, unknown>>;
    const isName = (part: unknown) => isUnknown(part) || (typeof part === "string" && part !== "");
    if (!isName(scheme) || !isName(host) || !(isUnknown(port) || isPort(port) === undefined))
        refuse(
            propertyPath,
            "there is no scheme, host and port; pass a service's connection, or one from parseConnection",
        );
}

/** The connection, refused once it is known where it is none. */
export function requireConnection(
    propertyPath: string,
    value: pulumi.Input<Connection>,
    component: pulumi.Resource | undefined,
): pulumi.Output<Connection> {
    return pulumi.output(value).apply((known) =>
        reportErrorsOn(component, () => {
            validateConnection(propertyPath, known);
            return known;
        }),
    );
}
