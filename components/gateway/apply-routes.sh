#!/bin/sh
# Gives a gateway its routes. The first argument is the function to run:
# - create: joins the networks of the endpoints, writes the routes, and leaves all other networks.
# - delete: leaves these networks, so that Docker can remove them. The container is removed next.
#
# GATEWAY           name of the gateway's container
# OWN_NETWORK       network of the container itself
# NETWORKS          networks of the endpoints, one on each line
# ROUTES            file with the routes
# WRITE_ROUTES      script that writes it in the container
# ROUTES_DIRECTORY  directory in the container

set -euf
newline='
'

create() {
    wanted=$(names_of "$NETWORKS")
    for network in $wanted; do
        has "$(joined_networks)" "$network" || docker network connect "$network" "$GATEWAY" >&2
    done
    printf %s "$ROUTES" |
        docker exec --interactive "$GATEWAY" sh -c "$WRITE_ROUTES" write-routes "$ROUTES_DIRECTORY" >&2
    leave_networks_except "$wanted"
}

delete() {
    docker container inspect "$GATEWAY" >/dev/null 2>&1 || exit 0
    leave_networks_except ''
}

# names_of NETWORKS: their names; a network may be given by its ID.
names_of() {
    # shellcheck disable=SC2086 # one word for each
    [ -z "$1" ] || docker network inspect --format '{{.Name}}' $1
}

joined_networks() {
    docker container inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}' "$GATEWAY"
}

# has LIST WORD: whether a list has a line with this word.
has() {
    case "$newline$1$newline" in
        *"$newline$2$newline"*) true ;;
        *) false ;;
    esac
}

# Docker cannot remove a network that has a running container.
leave_networks_except() {
    own=$(names_of "$OWN_NETWORK" 2>/dev/null) || own=
    for network in $(joined_networks); do
        has "$own$newline$1" "$network" || docker network disconnect "$network" "$GATEWAY" >&2
    done
}

"$1"
