/** The `databases` of the Postgres services in a state. Nothing drops a database that the program no longer names. */
import { shellQuote } from "../../components/shared/scripts.ts";
import type { Resource } from "../state.ts";

export interface Database {
    /** URN of its service. */
    service: string;
    name: string;
}

export function databasesIn(resources: Resource[]): Database[] {
    return resources
        .filter(({ type }) => type === "drydock:index:PostgresService")
        .flatMap(({ urn = "", inputs }) =>
            Object.values((inputs?.databases ?? {}) as Record<string, string>).map((name) => ({
                service: urn,
                name,
            })),
        );
}

/**
 * A sentence for each database that the update no longer uses and whose service still runs.
 *
 * @param before databases before the update
 * @param option see `Stack`
 */
export function unusedDatabases(before: Database[], resources: Resource[], option: string): string[] {
    const after = databasesIn(resources);
    const services = new Set(resources.map(({ urn }) => urn));
    return before
        .filter(({ service }) => services.has(service))
        .filter(({ service, name }) => !after.some((one) => one.service === service && one.name === name))
        .map(({ service, name }) => {
            const component = service.split("::").at(-1) ?? "";
            const statement = shellQuote(`DROP DATABASE "${name}"`);
            return (
                `The database ${name} of ${component} is no longer used. It stays on the server with its data. ` +
                `To delete it: \`drydock psql${option} --component ${component} -c ${statement}\``
            );
        });
}
