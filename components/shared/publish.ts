import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ContainerEngine, PublishedPort } from "../engines/index.ts";
import { ifKnown, isIpAddress, isPort, validate, validateObject } from "./validation.ts";

/** Publishes a port of the container on the host. */
export interface PublishArgs {
    /** Port on the host, 1 to 65535. @default a port between 20000 and 29999 that is chosen once and does not change */
    port?: pulumi.Input<number>;
    /** IP address of the host to listen on. `0.0.0.0` makes the port reachable from other machines. @default `127.0.0.1`; on
     *  a Swarm, all addresses of its nodes */
    ip?: pulumi.Input<string>;
}

/** Above the well-known ports of services, and below the ports that Linux uses for outgoing connections. */
const GENERATED_PORTS = { min: 20000, max: 29999 };

export function validatePublish(publish: PublishArgs | undefined): void {
    validateObject("publish", publish, "{ port: 3000 }");
    validate({
        "publish.port": [ifKnown(publish?.port), isPort],
        "publish.ip": [ifKnown(publish?.ip), isIpAddress],
    });
}

/** The published port. If the user sets none, it is chosen here: a port that Docker chooses changes with each restart. */
export function createPublishedPort(
    name: string,
    publish: PublishArgs | undefined,
    containerPort: number,
    opts: pulumi.ResourceOptions,
): PublishedPort | undefined {
    if (!publish) return undefined;
    const hostPort = publish.port ?? new random.RandomInteger(`${name}-port`, GENERATED_PORTS, opts).result;
    return { containerPort, hostPort, ip: publish.ip };
}

/** Host address and port, which resolves once the container is healthy. Empty if the port is not published. */
export function addressWhenHealthy(
    healthy: pulumi.Output<string>,
    port: PublishedPort | undefined,
    engine: ContainerEngine,
    opts: pulumi.ResourceOptions,
): pulumi.Output<string> {
    const address = port ? engine.publishedAddress(port, opts) : pulumi.output("");
    return pulumi.all([address, healthy]).apply(([address]) => address);
}
