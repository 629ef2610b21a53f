#!/bin/sh
# Keeps the routes of an application in gateways. The first argument is the function to run:
# - create: writes the routes to these gateways, and removes them from all others.
# - delete: removes them from all gateways.
#
# OWNER             of the routes
# GATEWAYS          names of the gateways' containers, one on each line
# ROUTES            lines of `<gateway> TAB <route>`
# ONLY_STACK        the stack, if it may only use gateways of its own; empty otherwise
# GATEWAY_LABEL     label of the containers of gateways
# WRITE_ROUTES      script that writes the routes in the container, if the gateway has not stored one
# ROUTES_DIRECTORY  directory in the container

set -euf

create() {
    for gateway in $GATEWAYS; do
        is_allowed "$gateway" || continue
        address=$(site_address "$gateway") || fail "$gateway"
        printf %s "$ROUTES" | awk -F '\t' -v gateway="$gateway" '$1 == gateway { sub(/^[^\t]*\t/, ""); print }' |
            write_routes "$gateway" "$address"
    done
    remove_except "$GATEWAYS"
}

delete() {
    remove_except ''
}

# remove_except GATEWAYS: removes the routes from the gateways that have some, except these.
remove_except() {
    for gateway in $(docker ps --all --filter "label=$GATEWAY_LABEL" --format '{{.Names}}'); do
        if has "$1" "$gateway"; then continue; fi
        # shellcheck disable=SC2016 # the container's shell expands it
        if ! found=$(run_in "$gateway" '[ ! -e "$0" ] || echo yes' "$ROUTES_DIRECTORY/routes/$OWNER" </dev/null); then
            # Another stack may have removed it in the meantime.
            ! docker container inspect "$gateway" >/dev/null 2>&1 || exit 1
            continue
        fi
        [ -n "$found" ] || continue
        address=$(site_address "$gateway")
        write_routes "$gateway" "$address" </dev/null
    done
}

# write_routes GATEWAY ADDRESS: with the script that the gateway has stored (apply-routes.sh), as the gateway may be from
# another version of Drydock.
write_routes() {
    # shellcheck disable=SC2016 # the container's shell expands it
    run_in "$1" '[ ! -e "$1/write-routes.sh" ] || exec sh "$1/write-routes.sh" "$@"; '"$WRITE_ROUTES" \
        write-routes "$ROUTES_DIRECTORY" "$OWNER" "$2" >&2
}

# is_allowed GATEWAY: a throwaway stack registers no host names with a gateway of another stack, which may ask a public
# authority for their certificates.
is_allowed() {
    [ -n "$ONLY_STACK" ] || return 0
    stack=$(docker container inspect --format '{{index .Config.Labels "drydock.stack"}}' "$1" 2>/dev/null) || fail "$1"
    [ "$stack" != "$ONLY_STACK" ] || return 0
    echo "routes: $1 belongs to another stack, and a throwaway stack has no routes there"
    return 1
}

fail() {
    echo "routes: $1 is not the container of a gateway on this Docker Engine. Deploy the gateway first, on the same one." >&2
    exit 1
}

"$1"
