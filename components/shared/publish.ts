import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ContainerEngine, PublishedPort } from "../engines/index.ts";
import { ifKnown, isIpAddress, isPort, quote, refuse, validate, validateObject } from "./validation.ts";

/** Publishes a port of the container on the host. */
export interface PublishArgs {
    /** Port on the host, 1 to 65535. @default a port between 20000 and 29999 that is chosen once and does not change */
    port?: pulumi.Input<number>;
    /** IP address of the host to listen on. `0.0.0.0` makes the port reachable from other machines. @default `127.0.0.1`; on
     *  a Swarm, all addresses of its nodes */
    ip?: pulumi.Input<string>;
}

/** A port of a container, or a range of ports. Each port of a range is published on a port of its own. */
export interface ContainerPorts {
    port: number;
    /** Last port of the range. */
    endPort?: number;
    protocol?: "tcp" | "udp";
}

/** Above the well-known ports of services, and below the ports that Linux uses for outgoing connections. */
const GENERATED_PORTS = { min: 20000, max: 29999 };

/** @param at path of the argument */
export function validatePublish(publish: PublishArgs | undefined, at = "publish", count = 1): void {
    validateObject(at, publish, "{ port: 3000 }");
    validate({
        [`${at}.port`]: [ifKnown(publish?.port), isPort],
        [`${at}.ip`]: [ifKnown(publish?.ip), isIpAddress],
    });
    const first = ifKnown(publish?.port);
    if (typeof first === "number" && first + count - 1 > 65535)
        refuse(
            `${at}.port`,
            `${quote(first)} is too high for a range of ${count} ports; use ${65536 - count} or less`,
        );
}

/**
 * The published ports. If the user sets no port of the host, one is generated: a port that Docker chooses would change
 * at each restart.
 */
export function createPublishedPorts(
    name: string,
    publish: PublishArgs | undefined,
    { port, endPort = port, protocol }: ContainerPorts,
    opts: pulumi.ResourceOptions,
): PublishedPort[] {
    if (!publish) return [];
    const count = endPort - port + 1;
    const { min, max } = GENERATED_PORTS;
    const range = { min, max: max - count + 1 };
    const first = publish.port ?? new random.RandomInteger(`${name}-port`, range, opts).result;
    const { ip } = publish;
    if (count === 1) return [{ containerPort: port, hostPort: first, ip, protocol }];
    return Array.from({ length: count }, (_, i) => ({
        containerPort: port + i,
        hostPort: pulumi.output(first).apply((hostPort) => hostPort + i),
        ip,
        protocol,
    }));
}

/**
 * Host address and port, which resolves once the container is healthy: `127.0.0.1:3000`, and `127.0.0.1:3000-3009` for a
 * range. Empty if the port is not published.
 */
export function addressWhenHealthy(
    healthy: pulumi.Output<string>,
    ports: PublishedPort[],
    engine: ContainerEngine,
    opts: pulumi.ResourceOptions,
): pulumi.Output<string> {
    const [first, last] = [ports[0], ports.at(-1)];
    if (first === undefined || last === undefined) return healthy.apply(() => "");
    const address = engine.publishedAddress(first, opts);
    return pulumi
        .all([address, last.hostPort, healthy])
        .apply(([address, end]) => (ports.length === 1 ? address : `${address}-${end}`));
}
