#!/bin/sh
# Keeps the routes of an application in gateways on a Swarm. Comes after functions.sh. The first argument is the function
# to run:
# - create: puts the routes into GATEWAYS, and removes them from all others.
# - delete: removes them from all gateways.
#
# OWNER        owner of the routes
# GATEWAYS     names of the gateways' services, one on each line
# ROUTES       lines of `<gateway> TAB <route>`
# ONLY_STACK   the stack, if it may only use its own gateways; empty otherwise

set -euf

create() {
    for gateway in $GATEWAYS; do
        is_allowed "$gateway" || continue
        [ -n "$(routes_service_of "$gateway")" ] || fail "$gateway"
        lines=$(printf %s "$ROUTES" | awk -F '\t' -v gateway="$gateway" '$1 == gateway { sub(/^[^\t]*\t/, ""); print }')
        put_routes "$gateway" "$OWNER" "$lines"
    done
    remove_except "$GATEWAYS"
}

delete() {
    remove_except ''
}

# remove_except GATEWAYS: removes the routes from all other gateways that have some.
remove_except() {
    for gateway in $(docker secret ls --filter "label=$OWNER_LABEL=$OWNER" --format "{{.Label \"$GATEWAY_LABEL\"}}" | sort -u); do
        case " $(echo "$1" | tr '\n' ' ') " in *" $gateway "*) continue ;; esac
        put_routes "$gateway" "$OWNER" ''
    done
}

# is_allowed GATEWAY: whether the stack may register routes. A throwaway stack registers none with a gateway of another
# stack, which might ask a public authority for certificates.
is_allowed() {
    [ -n "$ONLY_STACK" ] || return 0
    stack=$(docker service inspect --format '{{index .Spec.Labels "drydock.stack"}}' "$1" 2>/dev/null) || fail "$1"
    [ "$stack" != "$ONLY_STACK" ] || return 0
    echo "routes: $1 belongs to another stack, and a throwaway stack has no routes there"
    return 1
}

fail() {
    echo "routes: $1 is not the service of a gateway on this Swarm. Deploy the gateway first, on the same one." >&2
    exit 1
}

"$1"
