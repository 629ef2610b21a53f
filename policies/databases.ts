import { CONTAINER, known, objects, type Resource } from "./resource.ts";
import { isOneOf, type Settings } from "./settings.ts";

/** Whether it is a part of one of Drydock's own databases. */
export function isDataService({ types }: Resource): boolean {
    return /drydock:index:(PostgresService|RedisService)\$/.test(types);
}

/** How a database is open to others than this machine, and what to do about it. */
export function exposure(resource: Resource, settings: Settings): string | undefined {
    const { type, properties } = resource;
    if (type !== CONTAINER) return undefined;
    const open = objects(properties.ports).find(
        ({ internal, ip }) => settings.databasePorts.includes(Number(internal)) && !isLoopback(ip),
    );
    if (open) {
        const address = typeof open.ip === "string" ? open.ip : "0.0.0.0";
        return `port ${Number(open.internal)} is published on ${address}; publish it on 127.0.0.1, or not at all`;
    }
    if (!isDatabase(resource, settings)) return undefined;
    if (isOnHost(resource))
        return "it is on the machine's own network, and so is its port; give it another network, and publish the port on 127.0.0.1, or not at all";
    return properties.publishAllPorts === true
        ? "all its ports are published on 0.0.0.0; leave publishAllPorts out, and publish its port on 127.0.0.1, or not at all"
        : undefined;
}

function isDatabase(resource: Resource, { databaseImages }: Settings): boolean {
    // The ID of an image does not say, nor does one that is not known yet.
    const image = known(() => resource.properties.image);
    const repository = typeof image === "string" ? image.replace(/@.*$/, "").replace(/:[^/]*$/, "") : "";
    const names = databaseImages.flatMap((name) => [name, `*/${name}`]);
    return isDataService(resource) || isOneOf(names, repository);
}

function isOnHost({ properties }: Resource): boolean {
    const networks = objects(known(() => properties.networksAdvanced));
    const mode = known(() => properties.networkMode);
    return [mode, ...networks.map((network) => known(() => network.name))].includes("host");
}

function isLoopback(ip: unknown): boolean {
    return typeof ip === "string" && (ip.startsWith("127.") || ip === "::1");
}
