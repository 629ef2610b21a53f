import { type Connection, connectionUrl, formatHost } from "./connection.ts";

/** How a link shows in the environment of the container that has it. */
export const LinkStyle = {
    /** One variable with a URL: `DATABASE_URL`, `REDIS_URL`, `<ALIAS>_URL`. */
    Url: "url",
    /** What `docker run --link` injected: `DB_PORT`, `DB_PORT_6379_TCP_ADDR`, `DB_ENV_...`. */
    Docker: "docker",
} as const;
export type LinkStyle = (typeof LinkStyle)[keyof typeof LinkStyle];

/**
 * The environment that links give to a container.
 *
 * @param container the name of the container that has the links
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
            : { [`${prefix(alias)}_URL`]: connectionUrl(connection) },
    );
    return Object.assign({}, ...variables) as Record<string, string>;
}

/** The networks to join to reach what is linked, each once. */
export function linkNetworks(links: Record<string, Connection>): string[] {
    return [...new Set(Object.values(links).flatMap(({ network }) => (network ? [network] : [])))];
}

/**
 * What the Docker daemon injected for a link (moby's daemon/links), but for the address: it was an IP that
 * was never refreshed, and is a name here that stays.
 */
function dockerVariables(container: string, alias: string, connection: Connection): Record<string, string> {
    const { host, port } = connection;
    const name = prefix(alias);
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

/** The variables that the linked container was started with, by the names that its image gives them. */
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

function prefix(alias: string): string {
    return alias.toUpperCase().replace(/-/g, "_");
}
