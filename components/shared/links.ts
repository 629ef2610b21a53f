import { type Connection, connectionUrl, formatHost, loginName } from "./connection.ts";
import { quote, refuse } from "./validation.ts";

/** Environment variables that a link sets in the container. */
export const LinkStyle = {
    /** One variable with a URL: `DATABASE_URL`, `REDIS_URL`, `<ALIAS>_URL`. */
    Url: "url",
    /** The variables that `docker run --link` sets: `DB_PORT`, `DB_PORT_6379_TCP_ADDR`, `DB_ENV_...`. */
    Docker: "docker",
    /** One variable for each part: `DATABASE_HOST`, `DATABASE_PORT`, `DATABASE_USERNAME`, `DATABASE_PASSWORD`,
     *  `DATABASE_NAME`, `<ALIAS>_...`. */
    Parts: "parts",
    /** The variables that libpq reads, for PostgreSQL: `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`, and others
     *  such as `PGSSLMODE` if the connection has the parameter. As `linkStyle`, it makes links to other services set a
     *  URL. */
    Libpq: "libpq",
    /** No variables. The container still joins the service's network, and starts after it. */
    None: "none",
} as const;
export type LinkStyle = (typeof LinkStyle)[keyof typeof LinkStyle];

/**
 * Names and values of a link's environment variables. If you name variables, the link sets only those, unless you also set
 * `style`. A part that the connection does not have, for example a password, sets no variable.
 */
export interface LinkVariables {
    /** Variables of this link. @default `linkStyle`; none if names are set */
    style?: LinkStyle;
    /** Name of the variable for the URL, for example `DATABASE_URL`. */
    url?: string;
    /** Name of the variable for the host name, for example `DB_HOST`. */
    host?: string;
    /** Name of the variable for the port, for example `DB_PORT`. */
    port?: string;
    /** Name of the variable for the user, for example `DB_USER`. */
    username?: string;
    /** Name of the variable for the password, for example `DB_PASS`. */
    password?: string;
    /** Name of the variable for the database's name or, for Redis, number, for example `DB_NAME`. */
    name?: string;
    /** Another database of the same server, for example `2` in Redis. @default the connection's */
    database?: string;
    /** Scheme of the URL, for example `postgis`. @default the connection's */
    scheme?: string;
    /** Parameters to add to the URL, not percent-encoded: `{ pool: "20" }`. They override the connection's. */
    parameters?: Record<string, string>;
}

/** Fields of `LinkVariables` that are names of variables. */
export const NAME_ARGUMENTS = ["url", "host", "port", "username", "password", "name"] as const;
type Part = (typeof NAME_ARGUMENTS)[number];

export function isNameArgument(name: string): boolean {
    return (NAME_ARGUMENTS as readonly string[]).includes(name);
}

/** Parameters of a connection that libpq reads from variables. */
export const LIBPQ_PARAMETERS: Record<string, string> = {
    application_name: "PGAPPNAME",
    channel_binding: "PGCHANNELBINDING",
    connect_timeout: "PGCONNECT_TIMEOUT",
    gssencmode: "PGGSSENCMODE",
    options: "PGOPTIONS",
    sslcert: "PGSSLCERT",
    sslkey: "PGSSLKEY",
    sslmode: "PGSSLMODE",
    sslrootcert: "PGSSLROOTCERT",
    target_session_attrs: "PGTARGETSESSIONATTRS",
};

/** Links of a container, and how they become environment variables. */
export interface LinkArgs {
    /** Connections by alias. */
    links: Record<string, Connection>;
    linkStyle?: LinkStyle;
    variables?: Record<string, LinkVariables>;
}

/** A variable that a link sets. */
export interface LinkVariable {
    variable: string;
    alias: string;
    /** Path of the argument that the variable comes from. */
    argument: string;
    /** The part of the connection that the variable contains. */
    part: string;
    /** Undefined if the connection does not have this part. */
    value: () => string | undefined;
}

/**
 * Environment variables for the links of a container.
 *
 * @param container name of the container, which `LinkStyle.Docker` mentions
 * @throws pulumi.InputPropertyError if two links set the same variable
 */
export function linkEnvironment(container: string, args: LinkArgs): Record<string, string> {
    const values = linkVariables(container, args).map(({ variable, value }) => [variable, value()] as const);
    return Object.fromEntries(values.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/**
 * Variables of all links. Does not read the values, as validation calls it before they are known.
 *
 * @throws pulumi.InputPropertyError if two links set the same variable
 */
export function linkVariables(
    container: string,
    { links, linkStyle, variables = {} }: LinkArgs,
): LinkVariable[] {
    const all = Object.entries(links).flatMap(([alias, connection]) => [
        ...styleVariables(container, alias, connection, variables[alias], linkStyle),
        ...namedVariables(alias, connection, variables[alias]),
    ]);
    refuseSharedVariables(all);
    return all;
}

function refuseSharedVariables(all: LinkVariable[]): void {
    const setters = new Map<string, LinkVariable>();
    for (const link of all) {
        const other = setters.get(link.variable);
        setters.set(link.variable, link);
        if (other === undefined || (other.alias === link.alias && other.part === link.part)) continue;
        if (other.alias === link.alias)
            refuse(link.argument, `${link.variable} is also the ${other.part} of the link; use another name`);
        const [alias, otherAlias] = [quote(link.alias), quote(other.alias)];
        const prefix = variablePrefix(link.alias);
        if (prefix === variablePrefix(other.alias) && link.argument === `links.${link.alias}`)
            refuse(
                link.argument,
                `${alias} and ${otherAlias} set the same environment variables (${prefix}_...); rename one of them`,
            );
        const remedy = link.argument.startsWith("variables.")
            ? "use another name"
            : `choose other names for one of them in variables.${link.alias}`;
        refuse(link.argument, `${alias} and ${otherAlias} both set ${link.variable}; ${remedy}`);
    }
}

/** Variables of a link's style. */
function styleVariables(
    container: string,
    alias: string,
    linked: Connection,
    overrides: LinkVariables = {},
    linkStyle?: LinkStyle,
): LinkVariable[] {
    const style = styleOf(alias, linked, overrides, linkStyle);
    const connection = withOverrides(linked, overrides);
    const argument = overrides.style === undefined ? `links.${alias}` : `variables.${alias}.style`;
    if (style === LinkStyle.Docker)
        return Object.entries(dockerVariables(container, alias, connection)).map(([variable, value]) => ({
            variable,
            alias,
            argument,
            part: variable,
            value: () => value,
        }));
    return [
        ...partVariables(alias, connection, variableNames(alias, style), () => argument),
        ...(style === LinkStyle.Libpq ? libpqParameters(alias, connection, argument) : []),
    ];
}

/** @returns undefined if the link sets only named variables */
function styleOf(
    alias: string,
    { scheme }: Connection,
    overrides: LinkVariables,
    linkStyle: LinkStyle = LinkStyle.Url,
): LinkStyle | undefined {
    if (overrides.style === LinkStyle.Libpq && !isPostgres(scheme) && scheme !== UNKNOWN_CONNECTION.scheme)
        refuse(
            `variables.${alias}.style`,
            `libpq is for PostgreSQL, and the scheme of ${quote(alias)} is ${quote(scheme)}; use another style`,
        );
    if (overrides.style !== undefined) return overrides.style;
    if (hasNames(overrides)) return undefined;
    if (linkStyle !== LinkStyle.Libpq || isPostgres(scheme)) return linkStyle;
    return scheme === UNKNOWN_CONNECTION.scheme ? undefined : LinkStyle.Url;
}

/** Also a scheme that names a driver, such as `postgresql+psycopg`. */
function isPostgres(scheme: string): boolean {
    return scheme.startsWith("postgres") || scheme === "postgis";
}

export function hasNames(overrides: LinkVariables): boolean {
    return NAME_ARGUMENTS.some((part) => overrides[part] !== undefined);
}

/** Stands for a connection that is not known yet. */
export const UNKNOWN_CONNECTION: Connection = { scheme: "", host: "", port: 0 };

function withOverrides(connection: Connection, { database, scheme, parameters }: LinkVariables): Connection {
    return {
        ...connection,
        ...(database !== undefined && { database }),
        ...(scheme !== undefined && { scheme }),
        parameters: { ...connection.parameters, ...parameters },
    };
}

function variableNames(alias: string, style: LinkStyle | undefined): Partial<Record<Part, string>> {
    const prefix = variablePrefix(alias);
    switch (style) {
        case LinkStyle.Url:
            return { url: `${prefix}_URL` };
        case LinkStyle.Parts:
            return {
                host: `${prefix}_HOST`,
                port: `${prefix}_PORT`,
                username: `${prefix}_USERNAME`,
                password: `${prefix}_PASSWORD`,
                name: `${prefix}_NAME`,
            };
        case LinkStyle.Libpq:
            return {
                host: "PGHOST",
                port: "PGPORT",
                username: "PGUSER",
                password: "PGPASSWORD",
                name: "PGDATABASE",
            };
        default:
            return {};
    }
}

function namedVariables(alias: string, linked: Connection, overrides: LinkVariables = {}): LinkVariable[] {
    return partVariables(
        alias,
        withOverrides(linked, overrides),
        overrides,
        (part) => `variables.${alias}.${part}`,
    );
}

function partVariables(
    alias: string,
    connection: Connection,
    names: Partial<Record<Part, string>>,
    argument: (part: Part) => string,
): LinkVariable[] {
    return NAME_ARGUMENTS.flatMap((part) => {
        const variable = names[part];
        if (variable === undefined) return [];
        return [{ variable, alias, argument: argument(part), part, value: () => partOf(connection, part) }];
    });
}

function partOf(connection: Connection, part: Part): string | undefined {
    switch (part) {
        case "url":
            return connectionUrl(connection);
        case "port":
            return String(connection.port);
        case "username":
            return loginName(connection);
        case "name":
            return connection.database;
        default:
            return connection[part];
    }
}

function libpqParameters(alias: string, { parameters = {} }: Connection, argument: string): LinkVariable[] {
    return Object.entries(parameters).flatMap(([parameter, value]) => {
        const variable = LIBPQ_PARAMETERS[parameter];
        return variable === undefined
            ? []
            : [{ variable, alias, argument, part: parameter, value: () => value }];
    });
}

/** Networks that a container must join to reach its links. */
export function linkNetworks(links: Record<string, Connection>): string[] {
    return [...new Set(Object.values(links).flatMap(({ network }) => (network ? [network] : [])))];
}

/**
 * The variables that the Docker daemon sets for a link (moby's daemon/links). The address is a host name: an IP address, as
 * Docker sets, would become stale when the linked container is replaced.
 */
function dockerVariables(
    container: string,
    alias: string,
    connection: Connection,
): Record<string, string | undefined> {
    const { scheme, host, port } = connection;
    const name = variablePrefix(alias);
    const protocol = scheme === "udp" ? scheme : "tcp";
    const address = `${protocol}://${formatHost(host)}:${port}`;
    const portPrefix = `${name}_PORT_${port}_${protocol.toUpperCase()}`;
    return {
        [`${name}_NAME`]: `/${container}/${alias}`,
        [`${name}_PORT`]: address,
        [portPrefix]: address,
        [`${portPrefix}_PROTO`]: protocol,
        [`${portPrefix}_ADDR`]: host,
        [`${portPrefix}_PORT`]: String(port),
        ...Object.fromEntries(
            imageVariables(connection).map(([key, value]) => [`${name}_ENV_${key}`, value]),
        ),
    };
}

/** Variables that the linked container was started with. */
function imageVariables({
    scheme,
    username,
    password,
    database,
}: Connection): [name: string, value: string | undefined][] {
    return isPostgres(scheme)
        ? [
              ["POSTGRES_USER", username],
              ["POSTGRES_PASSWORD", password],
              ["POSTGRES_DB", database],
          ]
        : [["PASSWORD", password]];
}

/** Prefix of a link's variables: `MAIN_DB` for the alias `main-db`. */
export function variablePrefix(alias: string): string {
    return alias.toUpperCase().replace(/-/g, "_");
}
