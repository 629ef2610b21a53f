#!/bin/sh
# Gives a gateway the routes of one owner. The first argument is the function to run:
# - create: joins the networks of the endpoints, and writes the routes.
# - delete: removes them again.
#
# GATEWAY       name of the gateway's container
# OWN_NETWORKS  networks that the container itself has joined, one on each line
# NETWORKS      networks of the endpoints, one on each line
# OWNER         of the routes
# ROUTES        the files of the routes: a line `=== <path>`, then the content
# WRITE_ROUTES  script that writes them in the container, to ROUTES_DIRECTORY

set -euf
newline='
'

create() {
    join_networks
    write_routes "$ROUTES"
    leave_networks "$OWN_NETWORKS$newline$NETWORKS"
}

delete() {
    docker container inspect "$GATEWAY" >/dev/null 2>&1 || exit 0
    write_routes ''
    leave_networks "$OWN_NETWORKS"
}

write_routes() {
    printf '%s\n' "$1" |
        docker exec --interactive "$GATEWAY" sh -c "$WRITE_ROUTES" write-routes "$OWNER" "$ROUTES_DIRECTORY" >&2
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

join_networks() {
    joined=$(joined_networks)
    for network in $NETWORKS; do
        has "$joined" "$network" || docker network connect "$network" "$GATEWAY" >&2
    done
}

# leave_networks KEPT: a network that the gateway stays in could not be removed.
leave_networks() {
    for network in $(joined_networks); do
        has "$1" "$network" || docker network disconnect "$network" "$GATEWAY" >&2
    done
}

"$1"
