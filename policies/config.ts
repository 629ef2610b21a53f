/** Config of the policies. Every policy takes all of these settings, and uses those that it needs. */
export interface PolicyConfig {
    /** Container ports of databases. */
    databasePorts: number[];
    /** Ends of the names of database images, without the tag, for example `mssql/server`. `*` matches anything. */
    databaseImages: string[];
    /** Names of stacks that may lose their data. `*` matches anything. */
    throwawayStacks: string[];
    /** Names of resources that the policies ignore. `*` matches anything. */
    exempt: string[];
}

export const DEFAULTS: PolicyConfig = {
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

/** Whether a name matches one of the patterns, in which `*` matches anything. */
export function matchesAny(patterns: string[], name: string): boolean {
    return patterns.some((pattern) => {
        const escaped = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
        return new RegExp(`^${escaped.join(".*")}$`).test(name);
    });
}
