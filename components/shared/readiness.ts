import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ContainerEngine, ContainerSpec } from "../engines/index.ts";

/**
 * Outputs of a component that are derived from this (a connection, a host name, an address) are known in previews, and
 * otherwise resolve once the container is healthy.
 *
 * It also orders the stack. What is derived from it, in any language, depends in the state on a resource that does
 * nothing and depends on the container, so that it is deleted before the container is. If it depended on a property
 * of the container itself, it would be replaced with it; this resource is never replaced.
 */
export function whenHealthy(
    name: string,
    container: pulumi.Resource,
    { networks }: ContainerSpec,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
    const ordered = pulumi.mergeOptions(opts, { dependsOn: container });
    const wait = engine.waitForShutdown?.(networks ?? [], opts);
    return new command.local.Command(`${name}-ready`, { ...wait }, ordered).urn;
}

/**
 * Fails the update when a container without a health check does not stay up: the provider counts it as made once it
 * has started. A change in place needs no second look: Docker does not restart the container, and a Swarm watches its
 * own updates. What has failed is not recorded, so that the next update looks again.
 */
export function verifyKeepsRunning(
    name: string,
    container: pulumi.CustomResource,
    spec: ContainerSpec,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): void {
    if (spec.health !== undefined) return;
    const { id } = container;
    new command.local.Command(
        `${name}-running`,
        { create: "sh", stdin: engine.staysUpScript(spec, opts), environment: { ID: id }, triggers: [id] },
        opts,
    );
}
