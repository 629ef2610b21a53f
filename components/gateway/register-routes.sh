#!/bin/sh
# Keeps the routes of an application in gateways. The first argument is the function to run:
# - create: writes the routes to these gateways, and removes them from all others.
# - delete: removes them from all gateways.
#
# OWNER             of the routes
# GATEWAYS          names of the gateways' containers, one on each line
# ROUTES            lines of `<gateway> TAB <route>`
# GATEWAY_LABEL     label of the containers of gateways
# WRITE_ROUTES      script that writes the routes in the container
# ROUTES_DIRECTORY  directory in the container

set -euf

create() {
    for gateway in $GATEWAYS; do
        address=$(site_address "$gateway") || fail "$gateway"
        printf %s "$ROUTES" | awk -F '\t' -v gateway="$gateway" '$1 == gateway { sub(/^[^\t]*\t/, ""); print }' |
            run_in "$gateway" "$WRITE_ROUTES" write-routes "$ROUTES_DIRECTORY" "$OWNER" "$address" >&2
    done
    remove_except "$GATEWAYS"
}

delete() {
    remove_except ''
}

# remove_except GATEWAYS: removes the routes from the gateways that have some, except these.
remove_except() {
    for gateway in $(docker ps --all --filter "label=$GATEWAY_LABEL" --format '{{.Names}}'); do
        # shellcheck disable=SC2016 # the container's shell expands it
        if ! has "$1" "$gateway" && run_in "$gateway" '[ -e "$0" ]' "$ROUTES_DIRECTORY/routes/$OWNER" </dev/null; then
            address=$(site_address "$gateway")
            run_in "$gateway" "$WRITE_ROUTES" write-routes "$ROUTES_DIRECTORY" "$OWNER" "$address" </dev/null >&2
        fi
    done
}

fail() {
    echo "routes: $1 is not the container of a gateway on this Docker Engine. Deploy the gateway first, on the same one." >&2
    exit 1
}

"$1"
