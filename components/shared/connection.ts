import * as pulumi from "@pulumi/pulumi";
import { isUnknown, isPort, propertyError, refuse, reportErrorsOn } from "./validation.ts";

/**
 * Address and credentials of a service. Plain data: a stack can export it, another stack can read it through a
 * StackReference, and you can write it by hand for a service that Drydock does not run.
 *
 * @example
 * const elsewhere: Connection = { scheme: "postgres", host: "host.docker.internal", port: 5432, username: "shop" };
 */
export interface Connection {
    /** Scheme of the URL: `postgres`, `mysql2`, `redis`, `http`. */
    scheme: string;
    /** Host name or IP address that containers use. `host.docker.internal` is the machine that the containers run on. */
    host: string;
    /** Port. */
    port: number;
    /** User to log in as. */
    username?: string;
    /** Password, not percent-encoded. */
    password?: string;
    /** Name (PostgreSQL) or number (Redis) of the database. */
    database?: string;
    /** Parameters of the URL, not percent-encoded: `{ sslmode: "require" }`. */
    parameters?: Record<string, string>;
    /** Further parameters, percent-encoded, for those that `parameters` cannot hold: `option=a&option=b`. */
    query?: string;
    /** Docker network to join in order to reach the service. Leave it out for a service outside of Docker. */
    network?: string;
    /** Short host names of the service on `network`, besides `host`. */
    aliases?: string[];
    /** Host names of the individual containers, if the service has several (`replicas`). */
    replicaHosts?: string[];
    /** Where the port is published on the host: `127.0.0.1:8080`. Not part of the URL. */
    address?: string;
    /** Volume or directory that holds the data. If it changes, the database is a new, empty one, and Tasks that link to it
     *  run again. */
    storage?: string;
}

/** Connection to a service that Drydock runs. */
export interface ServiceConnection extends Connection {
    /** Docker network to join in order to reach the service. */
    network: string;
}

/** Connection to a database with a login. */
export interface DatabaseConnection extends ServiceConnection {
    /** User to log in as. */
    username: string;
    /** Password, not percent-encoded. */
    password: string;
    /** Name of the database. */
    database: string;
}

/** Docker's name for the machine that containers run on. */
export const HOST_GATEWAY_NAME = "host.docker.internal";

/** Formats a connection as a URL, percent-encoded: `postgres://shop:pass%2Fword@db:5432/shop`. */
export function connectionUrl(connection: Connection): string {
    const { scheme, port, password, database, parameters = {} } = connection;
    const username = loginName(connection) ?? "";
    const login = password === undefined ? encode(username) : `${encode(username)}:${encode(password)}`;
    const path = database === undefined ? "" : `/${encode(database)}`;
    const pairs = Object.entries(parameters).map(([name, value]) => `${encode(name)}=${encode(value)}`);
    if (connection.query) pairs.push(connection.query);
    const query = pairs.length === 0 ? "" : `?${pairs.join("&")}`;
    return `${scheme}://${login === "" ? "" : `${login}@`}${formatHost(connection.host)}:${port}${path}${query}`;
}

/** The user to log in as. redis-cli cannot log in with only a password; `default` is the user that every Redis has. */
export function loginName({ scheme, username, password }: Connection): string | undefined {
    const isRedis = ["redis", "rediss"].includes(scheme) && password !== undefined;
    return username ?? (isRedis ? "default" : undefined);
}

/** Formats a host for a URL: an IPv6 address in brackets. */
export function formatHost(host: string): string {
    return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** Also percent-encodes the characters that encodeURIComponent leaves and Ruby's URI refuses. */
function encode(part: string): string {
    return encodeURIComponent(part).replace(
        /[!'()*]/g,
        (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    );
}

const DEFAULT_PORTS: Record<string, number> = {
    postgres: 5432,
    postgresql: 5432,
    postgis: 5432,
    redis: 6379,
    rediss: 6379,
    http: 80,
    https: 443,
    amqp: 5672,
    memcached: 11211,
    mysql: 3306,
    mysql2: 3306,
    trilogy: 3306,
};

/**
 * Returns an endpoint of a component by its name, for `links`. With the compiler option `noUncheckedIndexedAccess`,
 * `shop.endpoints.web` may be undefined for TypeScript.
 *
 * @param endpoints of a component, for example `shop.endpoints`
 * @param name in `ports` of the component, or `web` for the port of the web process
 * @throws pulumi.RunError during the update if the component has no such endpoint
 */
export function requireEndpoint(
    endpoints: pulumi.Input<Record<string, Connection>>,
    name: string,
): pulumi.Output<Connection> {
    return pulumi.output(endpoints).apply((all) => findEndpoint(all as Record<string, Connection>, name));
}

/** @throws pulumi.RunError */
export function findEndpoint(endpoints: Record<string, Connection>, name: string): Connection {
    const endpoint = endpoints[name];
    if (endpoint !== undefined) return endpoint;
    const names = Object.keys(endpoints).join(", ");
    throw new pulumi.RunError(
        names === ""
            ? `endpoints: there is no "${name}", as the component has no endpoints; set its ports or aliases`
            : `endpoints: there is no "${name}"; use one of ${names}, or add it to ports of the component`,
    );
}

/**
 * Parses the URL of a service, for example of a managed database.
 *
 * @param url for example `postgres://shop:secret@db.example.com:5432/shop?sslmode=require`. The port may be left out if the
 *   scheme has a default port.
 * @throws pulumi.InputPropertyError if it is not a URL with a host and a port
 */
export function parseConnection(url: string): Connection {
    const fail = (remedy: string): never => {
        // Not quoted, as it may contain a password.
        throw Object.assign(propertyError("url", remedy), new pulumi.RunError());
    };
    if (!URL.canParse(url)) return fail("not a URL; write scheme://user:password@host:port/database");
    const parsed = new URL(url);
    const scheme = parsed.protocol.slice(0, -1);
    const port = parsed.port === "" ? DEFAULT_PORTS[scheme] : Number(parsed.port);
    if (parsed.hostname === "")
        return fail("the host is missing; write scheme://user:password@host:port/database");
    if (!port)
        return fail(`the port is missing, and ${scheme} has no default port; write ${scheme}://host:port`);
    if (parsed.hash !== "") return fail("contains a # that is not percent-encoded; write %23");
    const decode = (part: string): string => {
        try {
            return decodeURIComponent(part);
        } catch {
            return fail("contains a % that is not percent-encoded; write %25");
        }
    };
    const [username, password, database] = [
        decode(parsed.username),
        decode(parsed.password),
        decode(parsed.pathname.slice(1)),
    ];
    return {
        scheme,
        host: parsed.hostname.replace(/[[\]]/g, ""), // An IPv6 address has brackets.
        port,
        ...(username && { username }),
        ...(password && { password }),
        ...(database && { database }),
        ...parseQuery(parsed.search.slice(1)),
    };
}

/**
 * Splits a query into `parameters` and the rest, which is kept as it is: repeated parameters, and those that clients decode
 * differently (`+`).
 */
function parseQuery(search: string): Pick<Connection, "parameters" | "query"> {
    const pairs = search.split("&").filter((pair) => pair !== "");
    const names = pairs.map((pair) => pair.split("=")[0]);
    const isPlain = (pair: string, i: number) =>
        /^[^+=]+=[^+]*$/.test(pair) &&
        isPercentEncoded(pair) &&
        names.every((name, j) => i === j || name !== names[i]);
    const parameters = pairs.filter(isPlain).map((pair) => {
        const [name = "", value = ""] = pair.split(/=(.*)/s);
        return [decodeURIComponent(name), decodeURIComponent(value)] as const;
    });
    const query = pairs.filter((pair, i) => !isPlain(pair, i)).join("&");
    return {
        ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
        ...(query !== "" && { query }),
    };
}

function isPercentEncoded(pair: string): boolean {
    return !/%(?![0-9a-f]{2})/i.test(pair);
}

export function isConnection(value: unknown): value is Connection {
    const { scheme, host } = (value ?? {}) as Partial<Connection>;
    return typeof scheme === "string" && typeof host === "string";
}

/** Refuses a value that is not a connection. Skips Outputs. Does not quote the value, as it may contain a password. */
export function validateConnection(propertyPath: string, value: unknown): void {
    if (isUnknown(value)) return;
    if (typeof value === "string")
        refuse(
            propertyPath,
            "must be a connection, not a string; use parseConnection(url), or url.apply(parseConnection) if the URL is an Output",
        );
    const { scheme, host, port } = (value ?? {}) as Partial<Record<string, unknown>>;
    if (port === 0)
        refuse(propertyPath, `the service ${String(host)} has no port to connect to; set its port`);
    const isNonEmpty = (part: unknown) => isUnknown(part) || (typeof part === "string" && part !== "");
    if (!isNonEmpty(scheme) || !isNonEmpty(host) || !(isUnknown(port) || isPort(port) === undefined))
        refuse(
            propertyPath,
            "must be a connection with scheme, host and port; use the connection of a service, or parseConnection(url)",
        );
}

/** Resolves a connection, and fails the update if the value is not one. */
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
