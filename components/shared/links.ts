import { type Connection, connectionUrl, formatHost } from "./connection.ts";

/** Environment variables that a link sets in the container. */
export const LinkStyle = {
    /** One variable with a URL: `DATABASE_URL`, `REDIS_URL`, `<ALIAS>_URL`. */
    Url: "url",
    /** Those that `docker run --link` sets: `DB_PORT`, `DB_PORT_6379_TCP_ADDR`, `DB_ENV_...`. */
    Docker: "docker",
} as const;
export type LinkStyle = (typeof LinkStyle)[keyof typeof LinkStyle];

/**
 * Environment variables for the links of a container.
 *
 * @param container name of the container, which `LinkStyle.Docker` mentions
 * @param links connections by alias
 */
export function linkEnvironment(
    container: string,
    links: Record<string, Connection>,
    style: LinkStyle = LinkStyle.Url,
): Record<string, string> {
    const variables = Object.entries(links).map(([alias, connection]) =>
        style === LinkStyle.Docker
            ? dockerVariables(container, alias, connection)
            : { [`${variablePrefix(alias)}_URL`]: connectionUrl(connection) },
    );
    return Object.assign({}, ...variables) as Record<string, string>;
}

/** Networks that a container must join to reach its links. */
export function linkNetworks(links: Record<string, Connection>): string[] {
    return [...new Set(Object.values(links).flatMap(({ network }) => (network ? [network] : [])))];
}

/**
 * The variables that the Docker daemon sets for a link (moby's daemon/links). The address is a host name: Docker's IP
 * address became stale when the linked container was replaced.
 */
function dockerVariables(container: string, alias: string, connection: Connection): Record<string, string> {
    const { host, port } = connection;
    const name = variablePrefix(alias);
    const address = `tcp://${formatHost(host)}:${port}`;
    return {
        [`${name}_NAME`]: `/${container}/${alias}`,
        [`${name}_PORT`]: address,
        [`${name}_PORT_${port}_TCP`]: address,
        [`${name}_PORT_${port}_TCP_PROTO`]: "tcp",
        [`${name}_PORT_${port}_TCP_ADDR`]: host,
        [`${name}_PORT_${port}_TCP_PORT`]: String(port),
        ...Object.fromEntries(
            imageVariables(connection).map(([key, value]) => [`${name}_ENV_${key}`, value]),
        ),
    };
}

/** Variables that the linked container was started with. */
function imageVariables({ scheme, username, password, database }: Connection): [string, string][] {
    const isPostgres = scheme.startsWith("postgres");
    const all: [string, string | undefined][] = isPostgres
        ? [
              ["POSTGRES_USER", username],
              ["POSTGRES_PASSWORD", password],
              ["POSTGRES_DB", database],
          ]
        : [["PASSWORD", password]];
    return all.filter((pair): pair is [string, string] => pair[1] !== undefined);
}

/** What the names of a link's variables begin with: `MAIN_DB` for the alias `main-db`. */
export function variablePrefix(alias: string): string {
    return alias.toUpperCase().replace(/-/g, "_");
}
