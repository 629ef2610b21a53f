import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { PublishedPort } from "./engines";
import { isAddress, isPort, validate } from "./validation";

/** Publishing a port on the machine that the container runs on. */
export interface PublishArgs {
    /** Port of the machine, 1 to 65535. @default one between 20000 and 29999, chosen once and kept */
    port?: pulumi.Input<number>;
    /** Address to listen on; `0.0.0.0` opens the port to every network. @default `127.0.0.1` */
    ip?: pulumi.Input<string>;
}

/** Below the ports that Linux gives to outgoing connections, above those that services have of old. */
const CHOSEN = { min: 20000, max: 29999 };

export function validatePublish(publish: PublishArgs | undefined): void {
    validate({ "publish.port": [publish?.port, isPort], "publish.ip": [publish?.ip, isAddress] });
}

/** Docker would choose another port at every restart; one of our own choosing stays. */
export function publishedPort(
    name: string,
    publish: PublishArgs | undefined,
    containerPort: number,
    opts: pulumi.ResourceOptions,
): PublishedPort | undefined {
    if (!publish) return undefined;
    const hostPort = publish.port ?? new random.RandomInteger(`${name}-port`, CHOSEN, opts).result;
    return { containerPort, hostPort, ip: publish.ip ?? "127.0.0.1" };
}

/** Where a service is published, once it is ready; empty where it is not published. */
export function publishedAddress(
    ready: Promise<void>,
    port: PublishedPort | undefined,
): pulumi.Output<string> {
    return pulumi.output(port ? hostAddress(port) : "").apply((address) => ready.then(() => address));
}

/** Seen from the machine itself. */
function hostAddress({ ip, hostPort }: PublishedPort): pulumi.Output<string> {
    return pulumi.all([ip, hostPort]).apply(([address, port]) => {
        const everywhere = address === "0.0.0.0" || address === "::";
        const host = everywhere ? "localhost" : address.includes(":") ? `[${address}]` : address;
        return `${host}:${port}`;
    });
}
