#!/bin/sh
# Keeps the data of a component on one node of a Swarm: the node that has the label drydock.data.<volume>. Comes after
# nodes.sh. The first argument is the function to run:
# - create: labels a node, unless one already has the label, and prints the name of the volume.
# - delete: removes the volume from its node, and the label.
#
# PLACE              name of the volume; for a directory of the node, the name that its volume would have. A generated
#                    name never changes after the first `pulumi up`. States of version 0.1.0 may lack PLACE.
# FORMER_VOLUME      another volume that the component may have had, if the user has chosen PLACE
# STACK_VOLUMES      prefix of all generated volume names of the stack; empty for a directory, which is never removed
# CONTAINER          name of the component's service, or of its container on a Docker Engine
# NODE               host name of the node that the user has chosen, if any
# IMAGE, SOCKET      for the job that removes the volume: an image with the docker command, and the node's Docker socket

set -eu

volume=${PLACE:-${PULUMI_COMMAND_STDOUT:-}}

# The active node with the fewest labels, which is likely to hold the least data.
choose_node() {
    # shellcheck disable=SC2046 # one word each
    docker node inspect $(docker node ls --quiet) \
        --format '{{len .Spec.Labels}} {{.Description.Hostname}} {{.Status.State}} {{.Spec.Availability}}' |
        awk '$3 == "ready" && $4 == "active"' | sort -k 1n -k 2 | awk 'NR == 1 { print $2 }'
}

create() {
    label=drydock.data.$volume
    holders=$(nodes_with "$label")
    case $(printf '%s' "$holders" | grep -c .) in
    0) label_node ;;
    1)
        if [ -n "$NODE" ] && [ "$NODE" != "$holders" ]; then
            cat >&2 <<END
The data of $volume is on $holders, but swarm.node is $NODE. Drydock does not move data.
Set swarm.node to $holders; or copy the data, and move the label $label with docker node update.
END
            exit 1
        fi
        ;;
    *)
        cat >&2 <<END
Several nodes have the label $label: $(echo "$holders" | paste -sd ' ' -)
Keep it on the node that has the data, and remove it from the others: $DOCKER_COMMAND node update --label-rm $label NODE
END
        exit 1
        ;;
    esac
    [ "${PULUMI_COMMAND_STDOUT:-$volume}" = "$volume" ] ||
        echo "The data of $PULUMI_COMMAND_STDOUT is no longer used, and stays where it is." >&2
    printf %s "$volume"
}

# Fails if the container keeps running. The same update may remove it, as it replaces the container's network with one of
# the Swarm.
wait_for_removal() {
    attempts=30
    while [ "$attempts" -gt 0 ]; do
        attempts=$((attempts - 1))
        running=$(docker container inspect --format '{{.State.Running}}' "$CONTAINER" 2>/dev/null) || return 0
        [ "$running" = true ] || return 0
        sleep 1
    done
    return 1
}

# Labels a node only once: another label would not move the data.
label_node() {
    # An earlier run labelled a node and printed the name: the node has lost its label, or this is another Swarm.
    if [ "${PULUMI_COMMAND_STDOUT:-}" = "$volume" ]; then
        cat >&2 <<END
No node of this Swarm has the label $label, which marks the node that has the data of $volume.
Label the node that has the data: $DOCKER_COMMAND node update --label-add $label=true NODE
END
        exit 1
    fi
    if ! wait_for_removal; then
        cat >&2 <<END
The container $CONTAINER uses the data of $volume. Two servers on the same files would corrupt them.
Stop the container, which keeps the data, and run this again: $DOCKER_COMMAND stop $CONTAINER
END
        exit 1
    fi
    node=$NODE
    # If the component has moved from a Docker Engine to the Swarm, its data is on this node.
    if [ -z "$node" ] && docker volume inspect "$volume" >/dev/null 2>&1; then
        node=$(docker info --format '{{.Swarm.NodeID}}')
    fi
    [ -n "$node" ] || node=$(choose_node)
    [ -n "$node" ] || {
        echo "No node of this Swarm is ready and active: see $DOCKER_COMMAND node ls" >&2
        exit 1
    }
    update_node --label-add "$label=true" "$node"
}

delete() {
    remove "$volume"
    [ -z "$FORMER_VOLUME" ] || remove "$FORMER_VOLUME"
}

remove() {
    volume=$1
    label=drydock.data.$volume
    holders=$(nodes_with "$label")
    node=$(printf '%s' "$holders" | head -n 1)
    if [ -z "$node" ]; then
        [ "${PULUMI_COMMAND_STDOUT:-}" != "$volume" ] ||
            echo "No node has the label $label: if there is data of $volume, it stays." >&2
        return 0
    fi
    # The container or service still exists if only arguments of the component have changed.
    if docker container inspect "$CONTAINER" >/dev/null 2>&1; then
        unmark_here "$volume"
        echo "Kept the data of $volume, which the container $CONTAINER uses."
        return 0
    fi
    if docker service inspect "$CONTAINER" >/dev/null 2>&1; then
        echo "Kept the data of $volume on $node, which the service $CONTAINER uses."
        return 0
    fi
    # A volume that the user has named may belong to another stack: its labels can only be read on its node. If
    # STACK_VOLUMES is empty, nothing is removed: no volume name starts with a slash.
    case $volume in
    "${STACK_VOLUMES:-/}"*) ;;
    *)
        echo "Kept the data of $volume on $node. To remove its label: $DOCKER_COMMAND node update --label-rm $label $node"
        return 0
        ;;
    esac
    remove_from_node "$volume" "$node" "$label"
    update_node --label-rm "$label" "$node"
    echo "Removed the volume $volume with its data from $node."
}

# remove_from_node VOLUME NODE LABEL: runs `docker volume rm` in a job on the node. The job is retried while it fails
# because a container of the removed service still exists there.
remove_from_node() (
    # Jobs that an interrupted `pulumi destroy` has left.
    for job in $(docker service ls --quiet --filter "label=drydock.removes=$1"); do
        docker service rm "$job" >/dev/null
    done
    job=$(docker service create --detach --quiet --no-resolve-image --mode replicated-job \
        --restart-condition on-failure --restart-delay 1s --restart-max-attempts 60 \
        --label "drydock.removes=$1" --constraint "node.labels.$3==true" \
        --mount "type=bind,source=$SOCKET,target=$SOCKET" "$IMAGE" docker volume rm --force "$1")
    trap 'docker service rm "$job" >/dev/null' EXIT
    attempts=90
    while [ "$attempts" -gt 0 ]; do
        attempts=$((attempts - 1))
        state=$(docker service ps "$job" --format '{{.CurrentState}}' | head -n 1)
        case $state in
        Complete*) exit ;;
        Rejected*) break ;;
        esac
        sleep 1
    done
    error=$(docker service ps "$job" --no-trunc --format '{{.Error}}' | head -n 1)
    output=$(docker service logs --raw "$job" 2>&1 | tail -n 1)
    cat >&2 <<END
The volume $1 could not be removed from $2 (${state:-no state}): $error $output
Make sure that the node is up and can pull $IMAGE, and run this again; or remove the volume on the node by hand, and then
its label: $DOCKER_COMMAND node update --label-rm $3 $2
END
    exit 1
)

"$1"
