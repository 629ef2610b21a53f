import * as pulumi from "@pulumi/pulumi";
import { refuse } from "./validation";

/** What has which container name, by Docker provider, in each update. */
const claims = new Map<unknown, Map<unknown, Map<string, string>>>();

/**
 * Refuses a container name that something else of the program has: Docker would refuse the second only in the update,
 * or one would take the other's place.
 *
 * @param owner the component, whose provider says on which Docker Engine the container runs
 * @param name such as `web-worker`, without the project and the stack
 * @param propertyPath the argument that the name comes from
 * @param holder what the container is, for the message about the next that wants its name
 */
export function claimContainerName(
    owner: pulumi.Resource,
    name: string,
    propertyPath: string,
    holder: string,
): void {
    const engines = claimsOfUpdate(claims, () => new Map<unknown, Map<string, string>>());
    const engine = entry(
        engines,
        owner.getProvider("docker:index:Container"),
        () => new Map<string, string>(),
    );
    const other = engine.get(name);
    if (other !== undefined)
        refuse(
            propertyPath,
            `${holder} and ${other} are both called "${name}" in Docker; rename one of them`,
        );
    engine.set(name, holder);
}

/** What this update has claimed. What earlier updates in this process have claimed is forgotten. */
export function claimsOfUpdate<T>(claims: Map<unknown, T>, make: () => T): T {
    const update = currentUpdate();
    const known = entry(claims, update, make);
    claims.clear();
    claims.set(update, known);
    return known;
}

/**
 * What tells updates in one process apart. A component provider has a client for each component, but all of them are
 * of the same server; mocks have none.
 */
function currentUpdate(): unknown {
    const monitor = pulumi.runtime.getMonitor() as { getChannel?(): { getTarget(): string } } | undefined;
    return monitor?.getChannel?.().getTarget() ?? monitor;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
    const value = map.get(key) ?? make();
    map.set(key, value);
    return value;
}
