import { matchesAny, type PolicyConfig } from "../config.ts";
import { CONTAINER, ifKnown, objects, type Resource } from "../resource.ts";
import type { Rule } from "./rule.ts";

export const databaseNotPublished: Rule = {
    name: "database-not-published",
    description: "Databases are published on 127.0.0.1 only, or not at all.",
    level: "mandatory",
    check: (resource, config) => {
        const { type, properties } = resource;
        if (type !== CONTAINER) return undefined;
        const port = objects(properties.ports).find(
            ({ internal, ip }) => config.databasePorts.includes(Number(internal)) && !isLoopback(ip),
        );
        if (port) {
            const address = typeof port.ip === "string" ? port.ip : "0.0.0.0";
            return `port ${Number(port.internal)} is published on ${address}; publish it on 127.0.0.1, or not at all`;
        }
        if (!isDatabase(resource, config)) return undefined;
        if (usesHostNetwork(resource))
            return "it uses the network of the host, which opens its port; use another network, and publish the port on 127.0.0.1, or not at all";
        return properties.publishAllPorts === true
            ? "all its ports are published on 0.0.0.0; leave out publishAllPorts, and publish its port on 127.0.0.1, or not at all"
            : undefined;
    },
};

/** Whether the resource belongs to a PostgresService or RedisService. */
export function isDataService({ types }: Resource): boolean {
    return types.some((type) =>
        ["drydock:index:PostgresService", "drydock:index:RedisService"].includes(type),
    );
}

function isDatabase(resource: Resource, { databaseImages }: PolicyConfig): boolean {
    // In a preview, the image may be unknown. It may also be an ID, which does not contain its name.
    const image = ifKnown(() => resource.properties.image);
    const repository = typeof image === "string" ? image.replace(/@.*$/, "").replace(/:[^/]*$/, "") : "";
    const names = databaseImages.flatMap((name) => [name, `*/${name}`]);
    return isDataService(resource) || matchesAny(names, repository);
}

function usesHostNetwork({ properties }: Resource): boolean {
    const networks = objects(ifKnown(() => properties.networksAdvanced));
    const mode = ifKnown(() => properties.networkMode);
    return [mode, ...networks.map((network) => ifKnown(() => network.name))].includes("host");
}

function isLoopback(ip: unknown): boolean {
    return typeof ip === "string" && (ip.startsWith("127.") || ip === "::1");
}
