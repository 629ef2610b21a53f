/** What a team may set for the policies; every policy takes all of it. */
export interface Settings {
    /** Ports of databases, in the container. */
    databasePorts: number[];
    /** Ends of the names of databases' images; `*` stands for anything. */
    databaseImages: string[];
    /** Names of stacks that may lose their data; `*` stands for anything. */
    throwawayStacks: string[];
    /** Names of resources that the policies leave alone; `*` stands for anything. */
    exempt: string[];
}

export const DEFAULTS: Settings = {
    databasePorts: [1433, 3306, 5432, 5984, 6379, 9200, 11211, 27017],
    databaseImages: [
        "couchdb",
        "elasticsearch",
        "mariadb",
        "memcached",
        "mongo",
        "mongodb",
        "mssql/server",
        "mysql",
        "pgvector",
        "postgis",
        "postgres",
        "postgresql",
        "redis",
        "redis-stack*",
        "timescaledb",
        "valkey",
    ],
    throwawayStacks: ["dev", "dev-*", "pr-*", "preview-*", "test", "test-*"],
    exempt: [],
};

/** Whether a name is one of those; `*` in them stands for anything. */
export function isOneOf(patterns: string[], name: string): boolean {
    return patterns.some((pattern) => {
        const escaped = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
        return new RegExp(`^${escaped.join(".*")}$`).test(name);
    });
}
