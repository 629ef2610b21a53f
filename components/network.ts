import * as pulumi from "@pulumi/pulumi";
import { Engine, SwarmDataArgs } from "./engine";
import { engineOf } from "./engines";
import { physicalName } from "./names";

/** What says which network a service is on. */
export interface NetworkSource {
    engine?: Engine;
    network?: pulumi.Input<string>;
    swarm?: SwarmDataArgs;
}

/** The network given, or one that only what links to the service joins. */
export function networkOf(
    name: string,
    { engine, network, swarm }: NetworkSource,
    opts: pulumi.ResourceOptions,
): pulumi.Input<string> {
    const spec = { component: name, name: physicalName(name), encrypted: swarm?.encrypted };
    return network ?? engineOf({ engine }).makeNetwork(`${name}-network`, spec, opts);
}
