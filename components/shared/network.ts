import type * as pulumi from "@pulumi/pulumi";
import type { Engine, SwarmDataArgs } from "../engines/engine.ts";
import { getEngine } from "../engines/index.ts";
import { physicalName } from "./names.ts";

/** What says which network a service is on. */
export interface NetworkSource {
    engine?: Engine;
    network?: pulumi.Input<string>;
    swarm?: SwarmDataArgs;
}

/** The network given, or one that only what links to the service joins. */
export function createNetwork(
    name: string,
    { engine, network, swarm }: NetworkSource,
    opts: pulumi.ResourceOptions,
): pulumi.Input<string> {
    const spec = { component: name, name: physicalName(name), encrypted: swarm?.encrypted };
    return network ?? getEngine({ engine }).createNetwork(`${name}-network`, spec, opts);
}
