#!/bin/sh
# Makes gateways on a Swarm show a maintenance page instead of an application. Comes after functions.sh. The drydock
# command runs it (cli/maintenance.ts). The first argument is the function to run:
# - on: shows PAGE.
# - off: removes the page.
#
# OWNER      owner of the application's routes
# GATEWAYS   names of the gateways' services, one on each line
# HOSTS      host names of the application's processes, separated by spaces
# PAGE       the page, in HTML

set -euf

on() {
    for gateway in $GATEWAYS; do
        find_routes_service
        new=drydock-page-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
        printf %s "$PAGE" | docker config create --label "$GATEWAY_LABEL=$gateway" --label "$OWNER_LABEL=$OWNER" \
            --label "$PATHS_LABEL=$HOSTS" "$new" - >/dev/null
        set --
        for host in $HOSTS; do set -- "$@" --config-add "$(page_mount "$new" "$host")"; done
        replace_page "$@"
    done
}

off() {
    for gateway in $GATEWAYS; do
        find_routes_service
        new=
        replace_page
    done
}

find_routes_service() {
    routes_service=$(routes_service_of "$gateway")
    if [ -z "$routes_service" ]; then
        echo "$gateway is not the service of a gateway on this Swarm. Bring up the stack that it belongs to: \`drydock up --stack <name>\`." >&2
        exit 1
    fi
    if ! docker service inspect --format '{{.Spec.TaskTemplate.ContainerSpec.Args}}' "$routes_service" | grep -q /pages/; then
        echo "The gateway $gateway is from an earlier version of Drydock. Run \`drydock up\` in its stack first, with this version." >&2
        exit 1
    fi
}

# replace_page OPTION...: takes the options of `docker service update` that add the new page.
replace_page() {
    old=$(pages_of "$gateway" | of_owner "$OWNER" | grep -vxF -e "$new" || true)
    for config in $old; do set -- "$@" --config-rm "$config"; done
    [ $# -gt 0 ] || return 0
    if ! update_service "$routes_service" "$@"; then
        report "$routes_service" "The change did not reach all nodes of the gateway $gateway:"
        # Docker refuses to remove a page that the service still mounts.
        remove_pages "$new" 2>/dev/null || true
        exit 1
    fi
    remove_pages "$old"
}

"$1"
