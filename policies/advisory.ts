import { isDataService } from "./databases.ts";
import type { Rule } from "./mandatory.ts";
import { isApplication, passwordVariable } from "./passwords.ts";
import { CONTAINER, type Resource } from "./resource.ts";

/** A rule about containers that run on; a property that must be there, and what to do. */
function should(
    name: string,
    description: string,
    holds: (container: Resource) => boolean,
    remedy: string,
): Rule {
    return {
        name,
        description,
        check: (resource) => (resource.type !== CONTAINER || holds(resource) ? undefined : remedy),
    };
}

/** Rules that an update should keep. */
export const advisory: Rule[] = [
    {
        name: "no-password-variable",
        description: "An application reads its passwords from files.",
        check: (resource) => {
            const name = isApplication(resource) ? passwordVariable(resource) : undefined;
            return name === undefined
                ? undefined
                : `${name} is in its environment, where docker inspect shows it; give it in a file, or at least as a secret of Pulumi (pulumi.secret, pulumi config set --secret)`;
        },
    },
    should(
        "has-health-check",
        "A container says whether it works.",
        ({ properties }) => properties.healthcheck !== undefined,
        "nobody knows whether it works; give it a health check",
    ),
    should(
        "has-memory-limit",
        "A container has its share of the memory.",
        ({ properties }) => Number(properties.memory ?? 0) > 0,
        "it may take all of the machine's memory; set memory",
    ),
    should(
        "restarts",
        "A container is started again when it ends.",
        ({ properties }) => ["always", "unless-stopped", "on-failure"].includes(String(properties.restart)),
        "it stays down when it ends; set restart to unless-stopped",
    ),
    should(
        "not-root",
        "A container's processes are not root.",
        (container) =>
            // The official images of the data services become a user of their own.
            isDataService(container) ||
            (typeof container.properties.user === "string" &&
                !/^(0|root)?(:|$)/.test(container.properties.user)),
        "it runs as the image's user, which may be root; set user",
    ),
    should(
        "read-only-root",
        "A container cannot change its own files.",
        ({ properties }) => properties.readOnly === true,
        "it can change its own files; set readOnly, and tmpfs for what it must write",
    ),
];
