import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { dockerScripts } from "../docker-command.ts";
import type { NetworkSpec } from "../spec.ts";
import { KEPT_BY_NETWORKS, keptWhenRemoved, labelArgs } from "../values.ts";

/** A network over all nodes. Its ID is what services join: of a name the provider reads the ID back, as a change. */
export function createNetwork(name: string, spec: NetworkSpec, opts: pulumi.CustomResourceOptions) {
    const network = new docker.Network(
        name,
        {
            name: spec.name,
            labels: labelArgs(spec.component),
            driver: "overlay",
            // A Task is a container, and no service.
            attachable: true,
            ...(spec.encrypted && { options: { encrypted: "true" } }),
        },
        pulumi.mergeOptions(opts, {
            deleteBeforeReplace: true,
            ignoreChanges: KEPT_BY_NETWORKS,
            replacementTrigger: keptWhenRemoved({ options: spec.encrypted ? true : undefined }),
        }),
    );
    const removal = removalOf(name, network, opts);
    return pulumi.all([network.id, removal.urn]).apply(([id]) => id);
}

/**
 * A service is gone before its containers are, and until then its network cannot be removed, which the provider
 * takes for an error (kreuzwerker/terraform-provider-docker, resource_docker_network: only "active endpoints" is
 * waited for). What joins the network depends on its removal, which so comes in between, and waits, at the end until
 * this node has forgotten the network: meanwhile its removal by the provider would be an error too.
 */
function removalOf(name: string, network: docker.Network, opts: pulumi.CustomResourceOptions) {
    const scripts = dockerScripts(opts.parent, {
        delete: (docker) => `for _ in $(seq 90); do
    ${docker} network inspect "$NETWORK" >/dev/null 2>&1 || exit 0
    said=$(${docker} network rm "$NETWORK" 2>&1) || sleep 0.5
    sleep 0.5
done
echo "$said" >&2
exit 1`,
    });
    const inputs = { ...scripts, environment: { NETWORK: network.id }, triggers: [network.id] };
    return new command.local.Command(`${name}-removal`, inputs, opts);
}
