#!/bin/sh
# Keeps the routes of an application in gateways. The first argument is the function to run:
# - create: writes the routes to GATEWAYS, and removes them from all others.
# - delete: removes them from all gateways.
#
# OWNER             owner of the routes
# GATEWAYS          names of the gateways' containers, one on each line
# ROUTES            lines of `<gateway> TAB <route>`
# ONLY_STACK        the stack, if it may only use its own gateways; empty otherwise
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

# remove_except GATEWAYS: removes the routes from all other gateways that have some.
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

# write_routes GATEWAY ADDRESS: replaces the routes with those on standard input. Uses the script that the gateway has
# stored (apply-routes.sh), as another version of Drydock may have deployed the gateway.
write_routes() {
    # shellcheck disable=SC2016 # the container's shell expands it
    run_in "$1" '[ ! -e "$1/write-routes.sh" ] || exec sh "$1/write-routes.sh" "$@"; '"$WRITE_ROUTES" \
        write-routes "$ROUTES_DIRECTORY" "$OWNER" "$2" >&2
}

# is_allowed GATEWAY: whether the stack may register routes. A throwaway stack registers none with a gateway of another
# stack, which might ask a public authority for certificates.
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
