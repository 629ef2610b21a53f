import type { Connection } from "./connection.ts";
import { perUpdate } from "./per-update.ts";
import { quote, refuse } from "./validation.ts";

/**
 * Refuses links to services with the same short host name: on the networks of both, the name could resolve to either.
 *
 * @param ownNames short host names on the network of the container itself
 */
export function refuseAmbiguousHostNames(links: Record<string, Connection>, ownNames: string[] = []): void {
    const owners = new Map(
        ownNames.map((name) => [name, { host: undefined as string | undefined, link: "" }]),
    );
    for (const [link, { host, network, aliases = [] }] of Object.entries(links)) {
        if (network === undefined) continue;
        for (const name of aliases) {
            const other = owners.get(name);
            owners.set(name, other ?? { host, link });
            if (other === undefined || other.host === host) continue;
            const who = other.host === undefined ? "this component" : `links.${other.link} (${other.host})`;
            refuse(
                `links.${link}`,
                `${quote(name)} is a host name of ${host} and also of ${who}, so the name is ambiguous; rename one of the components, or change its aliases`,
            );
        }
    }
}

/** Containers by network and short host name. */
const reservations = perUpdate(() => new Map<string, string>());

/** Refuses a short host name that another container of the program has on the same network. */
export function reserveHostNames(container: string, network: string, names: string[]): void {
    for (const name of names) {
        const key = JSON.stringify([network, name]);
        const other = reservations().get(key) ?? container;
        if (other !== container)
            refuse(
                "aliases",
                `${quote(name)} is also a host name of ${other} on the network ${network}, and either would answer; use another name`,
            );
        reservations().set(key, container);
    }
}
