/** Generates passwords and keys again. */
import { UsageError } from "../exit-codes.ts";
import { nameOf, outermostComponent } from "../inventory.ts";
import { DRYDOCK } from "../resource-types.ts";
import type { Resource } from "../state.ts";
import { openForUpdate, type UpdateOptions } from "./stack.ts";
import { updateStack } from "./up.ts";

/** The resource that generates a password or a key (components/shared/password.ts). */
const RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword";

/** Why a component has no generated password or key, by its type. */
const REASONS: Record<string, string | undefined> = {
    PostgresService: "the program sets `password`",
    RedisService: "the program sets `password` or `passwordless`",
    Service: "the program sets `password.value`, or no `password`",
    RailsWebApp: "the program sets `secretKeyBase` or `masterKey`, or has one of the two in `secrets`",
};

/** Replaces the passwords and keys of components, and updates what uses them, in one update. */
export async function rotate(names: string[], options: UpdateOptions): Promise<void> {
    const stack = await openForUpdate(options);
    const { resources = [] } = await stack.deployment();
    const urns = generatedPasswords(resources, names, stack.option);
    await updateStack(stack, options, { update: { replace: urns }, rotated: names });
}

/**
 * The resources of the state that generate passwords or keys of components.
 *
 * @param option see `Stack`
 * @returns their URNs
 * @throws UsageError if a component has none
 */
export function generatedPasswords(resources: Resource[], names: string[], option: string): string[] {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const passwords = resources
        .filter(({ type, delete: pendingDeletion }) => type === RANDOM_PASSWORD && !pendingDeletion)
        .map(({ urn = "", ...resource }) => ({ urn, owner: outermostComponent({ urn, ...resource }, byUrn) }))
        .filter(({ owner }) => owner.type.startsWith(DRYDOCK));
    return names.flatMap((name) => {
        const own = passwords.filter(({ owner }) => nameOf(owner) === name);
        if (own.length === 0)
            throw noPasswordError(
                name,
                resources,
                passwords.map(({ owner }) => nameOf(owner)),
                option,
            );
        return own.map(({ urn }) => urn);
    });
}

/** @param known components that have a generated password or key */
function noPasswordError(name: string, resources: Resource[], known: string[], option: string): UsageError {
    const component = resources.find(
        (resource) => resource.type.startsWith(DRYDOCK) && nameOf(resource) === name,
    );
    const type = component?.type.replace(DRYDOCK, "") ?? "";
    const reason = REASONS[type];
    if (reason !== undefined)
        return new UsageError(
            `${name} has no generated password or key: ${reason}`,
            `Change it where the program takes it from. For a secret of the stack, run \`drydock secrets set${option} <name>\`, then \`drydock up${option}\`.`,
        );
    return new UsageError(
        component ? `${name} is a ${type}, which has no password or key` : `There is no component ${name}`,
        known.length > 0
            ? `Name one of ${[...new Set(known)].sort().join(", ")}.`
            : "No component of the stack has a generated password or key.",
    );
}
