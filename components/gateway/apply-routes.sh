#!/bin/sh
# Writes a gateway's own routes. The first argument is the function to run:
# - create: joins the networks of the endpoints, stores the script with which applications write their routes, writes the
#   gateway's routes, and leaves all other networks.
# - delete: leaves these networks, so that Docker can remove them. The container is removed next. Fails if applications
#   still have routes in the gateway.
#
# GATEWAY           name of the gateway's container
# OWNER             owner of the routes
# OWN_NETWORK       network of the container itself
# NETWORKS          networks of the endpoints, one on each line
# ROUTES            the routes, as formatRoutes and formatSettings in caddyfile.ts describe them
# WRITE_ROUTES      script that writes them, which runs in the container
# WRITE_TARGET      script that sets the container behind a host name, which runs in the container
# ROUTES_DIRECTORY  directory in the container

set -euf

create() {
    wanted=$(names_of "$NETWORKS")
    for network in $wanted; do
        has "$(joined_networks "$GATEWAY")" "$network" || docker network connect "$network" "$GATEWAY" >&2
    done
    # shellcheck disable=SC2016 # the container's shell expands it
    printf %s "$WRITE_ROUTES" |
        run_in "$GATEWAY" 'mkdir -p "$0" && cat >"$0/write-routes.sh.new" && mv "$0/write-routes.sh.new" "$0/write-routes.sh"' "$ROUTES_DIRECTORY" >&2
    reset_stale_targets
    printf %s "$ROUTES" |
        run_in "$GATEWAY" "$WRITE_ROUTES" write-routes "$ROUTES_DIRECTORY" "$OWNER" "$(site_address "$GATEWAY")" >&2
    leave_networks_except "$wanted"
}

# A restored volume may name containers that no longer exist. Replaces each of them with its host name.
reset_stale_targets() {
    # shellcheck disable=SC2016 # the container's shell expands it
    targets=$(run_in "$GATEWAY" 'for file in "$0"/targets/*; do [ ! -e "$file" ] || echo "${file##*/} $(cat "$file")"; done' \
        "$ROUTES_DIRECTORY" </dev/null)
    printf '%s\n' "$targets" | while read -r host container; do
        if [ "$host" = "$container" ] || docker container inspect "$container" >/dev/null 2>&1; then continue; fi
        run_in "$GATEWAY" "$WRITE_TARGET" "$ROUTES_DIRECTORY" "$host" "$host" </dev/null >&2
    done
}

delete() {
    docker container inspect "$GATEWAY" >/dev/null 2>&1 || exit 0
    # shellcheck disable=SC2016 # the container's shell expands it
    owners=$(run_in "$GATEWAY" 'ls "$0/routes" 2>/dev/null || true' "$ROUTES_DIRECTORY" </dev/null)
    others=$(printf '%s\n' "$owners" | grep . | grep -vxF "$OWNER" || true)
    if [ -n "$others" ]; then
        {
            echo "The gateway $GATEWAY still has the routes of these applications (project.stack.component):"
            echo "$others"
            echo "Remove them first: run \`pulumi destroy\` in their stacks, or take the gateway out of their routes."
            echo "If a stack no longer exists: $DOCKER_COMMAND exec $GATEWAY rm $ROUTES_DIRECTORY/routes/<project.stack.component>"
        } >&2
        exit 1
    fi
    leave_networks_except ''
}

# leave_networks_except NETWORKS: leaves all other networks. Docker cannot remove a network that has a running container.
leave_networks_except() {
    # On delete, the gateway's own network may be gone already.
    own=$(names_of "$OWN_NETWORK" 2>/dev/null) || own=
    for network in $(joined_networks "$GATEWAY"); do
        has "$own" "$network" || has "$1" "$network" || docker network disconnect "$network" "$GATEWAY" >&2
    done
}

"$1"
