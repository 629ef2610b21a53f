import * as pulumi from "@pulumi/pulumi";
import { dockerScripts } from "../docker-command.ts";

/**
 * A service is gone before its containers are: those on other nodes run on until they have stopped, and meanwhile
 * need what they use. Waits for those on the given networks; at most some minutes, and not for nodes that are down.
 */
export function waitForShutdown(
    networks: pulumi.Input<pulumi.Input<string>[]>,
    opts: pulumi.CustomResourceOptions,
) {
    const scripts = dockerScripts(opts.parent, {
        delete: (docker) => `for _ in $(seq 240); do
    running=
    nodes=$(${docker} node ls --format '{{if eq .Status "Ready"}}{{.ID}}{{end}}' 2>/dev/null) || exit 0
    for task in $(${docker} node ps --quiet --filter desired-state=remove $nodes 2>/dev/null); do
        state=$(${docker} inspect --type task --format '{{.Status.State}}{{range .NetworksAttachments}} {{.Network.ID}}{{end}}' "$task" 2>/dev/null) || continue
        for network in $NETWORKS; do
            case "$state " in running*" $network "*) running=$task ;; esac
        done
    done
    [ -n "$running" ] || exit 0
    sleep 0.5
done`,
    });
    return {
        ...scripts,
        environment: { NETWORKS: pulumi.output(networks).apply((ids) => ids.join(" ")) },
    };
}
