#!/bin/sh
# Functions for node labels. Prepended to the scripts for the volumes of a Swarm.

nodes_with() {
    docker node ls --filter "node.label=$1" --format '{{.Hostname}}'
}

# Docker refuses one of two simultaneous updates of a node: "update out of sequence".
update_node() {
    attempts=20
    while [ "$attempts" -gt 0 ]; do
        attempts=$((attempts - 1))
        error=$(docker node update "$@" 2>&1 >/dev/null) && return
        case $error in *"out of sequence"*) sleep 0.5 ;; *) break ;; esac
    done
    echo "$error" >&2
    return 1
}

# unmark_here VOLUME: removes the volume's label from this node, whose containers use the volume without the Swarm now.
# Nothing else removes it: the removal of the component deletes only the volume. A move back to the Swarm finds the volume
# by its name.
unmark_here() {
    docker volume inspect "$1" >/dev/null 2>&1 || return 0
    here=$(docker info --format '{{.Swarm.NodeID}}')
    holders=$(docker node ls --quiet --filter "node.label=drydock.data.$1")
    case $holders in "$here") update_node --label-rm "drydock.data.$1" "$here" ;; esac
}
