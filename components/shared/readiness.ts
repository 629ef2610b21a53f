/**
 * How readiness is part of the dependency graph.
 *
 * Pulumi creates a resource after its dependencies, and deletes it before them. It takes the dependencies from `dependsOn`
 * and from the Outputs that the inputs come from, and records them in the state. Nothing else orders resources: in
 * particular not the order in which promises resolve.
 *
 * A resource that uses a service must be created after the service is healthy, and deleted before it. Therefore every
 * output of a service (connection, host, address) depends on a resource `<name>-ready`, which depends on the container:
 *
 *     web -> db-ready -> db
 *
 * `<name>-ready` is never replaced. It does nothing, except that on a Swarm its deletion waits until the containers that
 * used the service have stopped. If the outputs depended on the container itself, they would be unknown in each preview
 * that replaces the container, and everything that uses them would be replaced too.
 */
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ContainerEngine, ContainerSpec } from "../engines/index.ts";

export interface StartedContainer {
    container: pulumi.CustomResource;
    /** Resources that whatever needs the running container must depend on. */
    started: pulumi.Resource[];
}

/** Creates a container and, if the engine needs it, `<name>-shutdown`, which stops the container before it is deleted. */
export function startContainer(
    name: string,
    spec: ContainerSpec,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): StartedContainer {
    const container = engine.createContainer(name, spec, opts);
    const args = engine.stopBeforeDeletion?.(container.id, opts);
    if (args === undefined) return { container, started: [container] };
    const shutdown = new command.local.Command(`${name}-shutdown`, args, { parent: opts.parent });
    return { container, started: [container, shutdown] };
}

/**
 * Creates `<name>-ready`.
 *
 * @param container the container, or resources that are created once it is healthy
 * @returns an output for the component's outputs to depend on. It is known in previews. In updates, it resolves once the
 *   container is healthy.
 */
export function whenHealthy(
    name: string,
    container: pulumi.Input<pulumi.Input<pulumi.Resource>[]> | pulumi.Resource,
    { networks }: ContainerSpec,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
    const options = pulumi.mergeOptions(opts, { dependsOn: container });
    const shutdown = engine.waitForShutdown?.(networks ?? [], opts);
    return new command.local.Command(`${name}-ready`, { ...shutdown }, options).urn;
}

/** Returns the same value, but resources that use it also depend on the given resource. */
export function withDependency<T>(value: pulumi.Output<T>, resource: pulumi.Resource): pulumi.Output<T> {
    return pulumi.output(resource.urn).apply(() => value);
}

/**
 * Fails the update if a container without a health check does not keep running: for the provider, it is created once it has
 * started. Checks only new containers: Docker does not restart a container for a change in place, and a Swarm monitors its
 * updates itself. A failed check is not recorded in the state, so the next update runs it again.
 */
export function verifyKeepsRunning(
    name: string,
    container: pulumi.CustomResource,
    spec: ContainerSpec,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource | undefined {
    if (spec.health !== undefined) return undefined;
    const args = engine.keepsRunningCheck(container.id, spec, opts);
    return args && new command.local.Command(`${name}-running`, args, opts);
}
