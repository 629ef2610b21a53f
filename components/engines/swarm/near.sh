#!/bin/sh
# Comes between nodes.sh and volumes.sh for a volume whose containers mount other data too: on `create`, chooses the node
# that has the other data. Fails if the volume is on another node, as no node could then run the containers.
#
# PLACE   name of the volume
# NODE    host name of the node that the user has chosen, if any
# NEAR    labels of the nodes that have the other data, separated by spaces

node_with() {
    nodes_with "$1" | head -n 1
}

if [ "$1" = create ]; then
    volume=$PLACE
    node=$(node_with "drydock.data.$volume")
    node=${node:-$NODE}
    for label in $NEAR; do
        other=$(node_with "$label")
        [ -n "$other" ] || continue
        if [ -n "$node" ] && [ "$node" != "$other" ]; then
            cat >&2 <<END
The data of $volume is on $node, and the data of ${label#drydock.data.} on $other: no node can run a container that mounts both.
Set swarm.node of a Volume to the same node. Drydock does not move data.
END
            exit 1
        fi
        node=$other
    done
    NODE=$node
fi

