import * as pulumi from "@pulumi/pulumi";
import { refuse } from "./validation.ts";

interface Claim {
    holder: string;
    owner: pulumi.Resource;
}

/** What has which container name, by Docker provider, in each update. */
const claims = new Map<unknown, Map<unknown, Map<string, Claim>>>();

/**
 * Refuses a container name that something else of the program has: Docker would refuse the second only in the update,
 * or one would take the other's place.
 *
 * @param owner the component, whose provider says on which Docker Engine the container runs
 * @param name such as `web-worker`, without the project and the stack
 * @param propertyPath the argument that the name comes from
 * @param holder what the container is, for the message about the next that wants its name
 */
export function reserveContainerName(
    owner: pulumi.Resource,
    name: string,
    propertyPath: string,
    holder: string,
): void {
    const engines = claimsOfUpdate(claims, () => new Map<unknown, Map<string, Claim>>());
    const engine = entry(
        engines,
        owner.getProvider("docker:index:Container"),
        () => new Map<string, Claim>(),
    );
    const other = engine.get(name);
    if (other !== undefined && !(other.holder === holder && isSame(other.owner, owner)))
        refuse(
            propertyPath,
            `${holder} and ${other.holder} are both called "${name}" in Docker; rename one of them`,
        );
    engine.set(name, { holder, owner });
}

/** Whether both are one resource to Pulumi, which refuses the second itself; unit tests with its mocks may make several. */
function isSame(...owners: pulumi.Resource[]): boolean {
    const [one, other] = owners as { __pulumiType?: string; __parentResource?: pulumi.Resource }[];
    return one?.__pulumiType === other?.__pulumiType && one?.__parentResource === other?.__parentResource;
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
