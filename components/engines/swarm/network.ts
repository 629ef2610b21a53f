import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { withDependency } from "../../shared/readiness.ts";
import { readScriptBody } from "../../shared/scripts.ts";
import { dockerScript } from "../docker-command.ts";
import { IGNORED_NETWORK_CHANGES, labelArgs, definedNames } from "../provider-values.ts";
import type { NetworkSpec } from "../spec.ts";

/** Creates an overlay network. Services join it by ID, which is what the provider reads back. */
export function createNetwork(name: string, spec: NetworkSpec, opts: pulumi.CustomResourceOptions) {
    const network = new docker.Network(
        name,
        {
            name: spec.name,
            labels: labelArgs(spec.component),
            driver: "overlay",
            // For Tasks, which are containers and not services.
            attachable: true,
            ...(spec.encrypted && { options: { encrypted: "true" } }),
        },
        pulumi.mergeOptions(opts, {
            deleteBeforeReplace: true,
            ignoreChanges: IGNORED_NETWORK_CHANGES,
            replacementTrigger: definedNames({ options: spec.encrypted ? true : undefined }),
        }),
    );
    const removal = createNetworkRemoval(name, network, opts);
    // Services depend on both, so that the network is removed after them.
    return withDependency(network.id, removal);
}

/**
 * Removes the network before the provider does. The provider fails while containers of removed services are still on it
 * (kreuzwerker/terraform-provider-docker, resource_docker_network.go waits for "active endpoints" only).
 */
function createNetworkRemoval(name: string, network: docker.Network, opts: pulumi.CustomResourceOptions) {
    const script = readScriptBody(import.meta.dirname, "network-removal.sh");
    const args = dockerScript(opts.parent, script, { NETWORK: network.id });
    return new command.local.Command(
        `${name}-removal`,
        { ...args, delete: "sh", triggers: [network.id] },
        opts,
    );
}
