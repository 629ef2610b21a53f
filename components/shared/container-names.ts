import type * as pulumi from "@pulumi/pulumi";
import { perUpdate } from "./per-update.ts";
import { refuse } from "./validation.ts";

interface Reservation {
    component: pulumi.Resource;
    description: string;
}

/** Reserved container names, by Docker provider and name. */
const reservations = perUpdate(() => new Map<unknown, Map<string, Reservation>>());

/**
 * Refuses a container name that another component of the program uses. Docker would refuse the second container only
 * during the update, or the second would replace the first.
 *
 * @param component whose provider selects the Docker Engine
 * @param name without project and stack, for example `web-worker`
 * @param propertyPath of the argument that the name comes from
 * @param description of the container in messages, for example `the process worker of web`
 */
export function reserveContainerName(
    component: pulumi.Resource,
    name: string,
    propertyPath: string,
    description: string,
): void {
    const provider = component.getProvider("docker:index:Container");
    const names = reservations().get(provider) ?? new Map<string, Reservation>();
    const other = names.get(name);
    if (other && !(other.description === description && isSameResource(other.component, component)))
        refuse(
            propertyPath,
            `${description} and ${other.description} are both called "${name}" in Docker; rename one of them`,
        );
    names.set(name, { component, description });
    reservations().set(provider, names);
}

/** Whether Pulumi itself refuses the second resource. Mocks do not, and tests may create it repeatedly. */
export function isSameResource(...resources: pulumi.Resource[]): boolean {
    const [one, other] = resources as { __pulumiType?: string; __parentResource?: pulumi.Resource }[];
    return one?.__pulumiType === other?.__pulumiType && one?.__parentResource === other?.__parentResource;
}
