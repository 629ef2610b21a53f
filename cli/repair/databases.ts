/** The `databases` of the Postgres services in a state, which nothing drops when the program no longer names them. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Resource } from "./state.ts";

interface Database {
    /** URN of its service. */
    service: string;
    name: string;
}

function databasesIn(resources: Resource[]): Database[] {
    return resources
        .filter(({ type }) => type === "drydock:index:PostgresService")
        .flatMap(({ urn = "", inputs }) =>
            Object.values((inputs?.databases ?? {}) as Record<string, string>).map((name) => ({
                service: urn,
                name,
            })),
        );
}

/** Keeps the databases of the state before an update for `unusedDatabases`. */
export function recordDatabases(file: string, resources: Resource[]): void {
    writeFileSync(file, JSON.stringify(databasesIn(resources)));
}

/** A sentence for each database that the update no longer uses and whose service still runs. */
export function unusedDatabases(file: string, resources: Resource[]): string[] {
    const before = JSON.parse(readFileSync(file, "utf8") || "[]") as Database[];
    const after = databasesIn(resources);
    const services = new Set(resources.map(({ urn }) => urn));
    return before
        .filter(({ service }) => services.has(service))
        .filter(({ service, name }) => !after.some((one) => one.service === service && one.name === name))
        .map(({ service, name }) => {
            const component = service.split("::").at(-1) ?? "";
            return `The database ${name} of ${component} is no longer used. It stays on the server with its data; to delete it: DROP DATABASE "${name}"`;
        });
}
