#!/bin/sh
# Switches traffic to a container that has become healthy. The first argument is the function to run:
# - create: adds the host names to the container, and makes gateways send requests to it. The container that it replaces
#   gets no new requests, finishes those in progress, and is deleted last.
# - delete: makes gateways send requests to whichever container has the host name.
#
# CONTAINER_ID       ID of the container
# HOST               host name, which does not change when the container is replaced
# SHARED_HOST        for every replica but the first, the host name that all replicas share; empty otherwise
# NETWORKS           networks that the container was created with, one on each line
# OWN_NETWORK        the one of them on which it gets ALIASES; empty if it has had them since its creation
# ALIASES            host names on OWN_NETWORK, one on each line
# GATEWAYS           names of the gateways' containers, one on each line
# GATEWAY_NETWORKS   networks of the gateways, one on each line, on which it gets the names HOST and SHARED_HOST
# GATEWAY_LABEL      label of the containers of gateways
# WRITE_TARGET       script that writes the name of the container, which runs in the gateways' containers
# ROUTES_DIRECTORY   directory in the gateways' containers

set -euf

create() {
    name=$(docker container inspect --format '{{.Name}}' "$CONTAINER_ID")
    wanted_networks=$(names_of "$GATEWAY_NETWORKS")
    # shellcheck disable=SC2086 # one word for each
    [ -z "$OWN_NETWORK" ] || join "$(names_of "$OWN_NETWORK")" $ALIASES
    # shellcheck disable=SC2086 # none or one
    for network in $wanted_networks; do join "$network" "$HOST" $SHARED_HOST; done
    set_targets "${name#/}"
    leave_former_gateways "$wanted_networks"
}

delete() {
    set_targets "$HOST"
}

# join NETWORK ALIAS...: connects the container to the network with these host names. If it is on the network without
# them, it is disconnected first, as Docker cannot add a host name.
join() {
    joined=$1
    shift
    if has "$(joined_networks "$CONTAINER_ID")" "$joined"; then
        present=$(aliases_on "$joined")
        missing=
        for alias in "$@"; do has "$present" "$alias" || missing=yes; done
        [ -n "$missing" ] || return 0
        docker network disconnect "$joined" "$CONTAINER_ID" >&2
    fi
    options=
    for alias in "$@"; do options="$options --alias $alias"; done
    # shellcheck disable=SC2086 # one word for each
    docker network connect $options "$joined" "$CONTAINER_ID" >&2
}

# leave_former_gateways NETWORKS: disconnects the container from networks on which it has the name HOST, except these and
# its own.
leave_former_gateways() {
    own=$(names_of "$NETWORKS")
    for network in $(joined_networks "$CONTAINER_ID"); do
        has "$own" "$network" || has "$1" "$network" || ! has "$(aliases_on "$network")" "$HOST" ||
            docker network disconnect "$network" "$CONTAINER_ID" >&2
    done
}

# aliases_on NETWORK: host names that the container has there.
aliases_on() {
    format="{{range (index .NetworkSettings.Networks \"$1\").Aliases}}{{println .}}{{end}}"
    docker container inspect --format "$format" "$CONTAINER_ID"
}

# set_targets CONTAINER: makes the gateways of the routes, and those on the application's networks, send requests to the
# container.
set_targets() {
    all=$GATEWAYS
    # shellcheck disable=SC2086 # one word for each
    for network in $NETWORKS; do
        all="$all $(docker ps --all --filter "label=$GATEWAY_LABEL" --filter "network=$network" --format '{{.Names}}')"
    done
    # shellcheck disable=SC2086 # one word for each
    for gateway in $(printf '%s\n' $all | sort -u); do
        docker container inspect "$gateway" >/dev/null 2>&1 || continue
        run_in "$gateway" "$WRITE_TARGET" "$ROUTES_DIRECTORY" "$HOST" "$1" </dev/null >&2
    done
}

"$1"
