import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ContainerEngine, PublishedPort } from "../engines/index.ts";
import { ifKnown, isIpAddress, isPort, validate, validateObject } from "./validation.ts";

/** Publishing a port on the machine that the container runs on. */
export interface PublishArgs {
    /** Port of the machine, 1 to 65535. @default one between 20000 and 29999, chosen once and kept */
    port?: pulumi.Input<number>;
    /** Address to listen on; `0.0.0.0` opens the port to every network. @default `127.0.0.1`; on a Swarm, every address of its nodes */
    ip?: pulumi.Input<string>;
}

/** Below the ports that Linux gives to outgoing connections, above those that services have of old. */
const CHOSEN = { min: 20000, max: 29999 };

export function validatePublish(publish: PublishArgs | undefined): void {
    validateObject("publish", publish, "{ port: 3000 }");
    validate({
        "publish.port": [ifKnown(publish?.port), isPort],
        "publish.ip": [ifKnown(publish?.ip), isIpAddress],
    });
}

/** Docker would choose another port at every restart; one of our own choosing stays. */
export function createPublishedPort(
    name: string,
    publish: PublishArgs | undefined,
    containerPort: number,
    opts: pulumi.ResourceOptions,
): PublishedPort | undefined {
    if (!publish) return undefined;
    const hostPort = publish.port ?? new random.RandomInteger(`${name}-port`, CHOSEN, opts).result;
    return { containerPort, hostPort, ip: publish.ip };
}

/** Where a service is published, once it is ready; empty where it is not published. */
export function addressWhenHealthy(
    ready: pulumi.Output<string>,
    port: PublishedPort | undefined,
    engine: ContainerEngine,
    opts: pulumi.ResourceOptions,
): pulumi.Output<string> {
    const address = port ? engine.publishedAddress(port, opts) : pulumi.output("");
    return pulumi.all([address, ready]).apply(([text]) => text);
}
