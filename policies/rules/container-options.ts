/** Advice about the options of a container. */
import { CONTAINER, ifKnown, type Properties, type Resource, strings } from "../resource.ts";
import { isDataService } from "./published-databases.ts";
import type { Rule } from "./rule.ts";

export const healthCheck = advice(
    "has-health-check",
    "Containers have a health check.",
    ({ properties: { healthcheck } }) =>
        healthcheck !== undefined && strings(ifKnown(() => (healthcheck as Properties).tests))[0] !== "NONE",
    "an update cannot tell whether it works; add a health check",
);

export const memoryLimit = advice(
    "has-memory-limit",
    "Containers have a memory limit.",
    ({ properties }) => Number(properties.memory ?? 0) > 0,
    "it can use all memory of the host; set memory",
);

export const restarts = advice(
    "restarts",
    "Containers are restarted when they exit.",
    ({ properties }) => ["always", "unless-stopped", "on-failure"].includes(String(properties.restart)),
    "it stays down when it exits; set restart to unless-stopped",
);

export const notRoot = advice(
    "not-root",
    "Containers do not run as root.",
    (container) =>
        // The official images of Postgres and Redis switch to a user of their own.
        isDataService(container) || isNotRoot(container.properties.user),
    "it runs as root, or as the user of its image, which may be root; set user to another one",
);

export const readOnlyRoot = advice(
    "read-only-root",
    "Containers have a read-only root file system.",
    ({ properties }) => properties.readOnly === true,
    "its root file system is writable; set readOnly, and tmpfs for the paths that it must write",
);

function isNotRoot(user: unknown): boolean {
    return typeof user === "string" && !/^(0|root)?(:|$)/.test(user);
}

function advice(
    name: string,
    description: string,
    isFollowed: (container: Resource) => boolean,
    message: string,
): Rule {
    return {
        name,
        description,
        level: "advisory",
        check: (resource) => (resource.type !== CONTAINER || isFollowed(resource) ? undefined : message),
    };
}
