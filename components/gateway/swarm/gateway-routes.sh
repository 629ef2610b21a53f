#!/bin/sh
# Puts a gateway's own routes into the gateway on a Swarm, and creates its routes service. Comes after functions.sh. The
# first argument is the function to run:
# - create: waits until the gateway runs, and then puts the routes.
# - delete: fails if applications still have routes in the gateway. It does not fail if the routes service is gone: the
#   gateway has then lost all routes, and the Command is replaced to create the service again
#   (cli/repair/lost-routes.ts).
#
# GATEWAY           name of the gateway's service
# ROUTES_SERVICE    name of its routes service, which keeps the routes of all owners
# OWNER             owner of the gateway's own routes
# ROUTES            the gateway's own routes
# VOLUME            name of each node's volume for the routes
# KEEP_ROUTES       script of the routes service
# ROUTES_DIRECTORY  directory in the containers

set -euf

create() {
    constraints=$(docker service inspect --format '{{range .Spec.TaskTemplate.Placement.Constraints}}{{println .}}{{end}}' "$GATEWAY")
    code=0
    wait_for "$GATEWAY" || code=$?
    if [ "$code" != 0 ]; then
        message="The gateway $GATEWAY does not run on all of its nodes:"
        [ "$code" != 3 ] ||
            message="No active node meets the constraints of the gateway $GATEWAY. Change \`swarm.constraints\`, or add the labels to a node with \`docker node update --label-add\`. The constraints:$newline$constraints"
        report "$GATEWAY" "$message"
        exit 1
    fi
    image=$(docker service inspect --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}' "$GATEWAY")
    address=$(site_address "$GATEWAY")
    version=$(printf '%s\n' "$image" "$address" "$VOLUME" "$OWNER" "$constraints" "$KEEP_ROUTES" | cksum | tr ' ' -)
    current=$(docker service inspect --format '{{index .Spec.Labels "drydock-gateway-version"}}' "$ROUTES_SERVICE" 2>/dev/null || true)
    is_current=
    [ "$current" != "$version" ] || is_current=yes
    [ -n "$is_current" ] || [ -z "$(routes_service_of "$GATEWAY")" ] || docker service rm "$ROUTES_SERVICE" >/dev/null
    put_routes "$GATEWAY" "$OWNER" "$ROUTES"
    [ -n "$is_current" ] || create_routes_service
    remove_former
}

create_routes_service() {
    set --
    for secret in $(secrets_of "$GATEWAY" | awk '!known[$2]++ { print $1 "=" $2 }'); do
        set -- "$@" --secret "$(mount_of "${secret%%=*}" "${secret#*=}")"
    done
    for page in $(pages_of "$GATEWAY" | awk '{ for (i = 3; i <= NF; i++) if (!known[$i]++) print $1 "=" $i }'); do
        set -- "$@" --config "$(page_mount "${page%%=*}" "${page#*=}")"
    done
    old_ifs=$IFS
    IFS=$newline
    for constraint in $constraints; do set -- "$@" --constraint "$constraint"; done
    IFS=$old_ifs
    docker service create --detach --quiet --name "$ROUTES_SERVICE" --mode global --endpoint-mode dnsrr --no-resolve-image \
        --with-registry-auth --label "$GATEWAY_LABEL=$GATEWAY" --label "$OWNER_LABEL=$OWNER" \
        --label "drydock-gateway-version=$version" \
        --mount "type=volume,source=$VOLUME,target=${ROUTES_DIRECTORY%/*}" "$@" \
        --cap-drop ALL --stop-grace-period 2s --restart-delay 2s \
        --health-cmd 'test -e /tmp/written' --health-interval 1s --health-timeout 5s --health-retries 30 \
        --update-order stop-first --update-parallelism 1 --update-monitor 1s --update-failure-action rollback \
        "$image" sh -c "$KEEP_ROUTES" keep-routes "$ROUTES_DIRECTORY" "$address" >/dev/null
    if ! wait_for "$ROUTES_SERVICE"; then
        report "$ROUTES_SERVICE" "The routes service of the gateway $GATEWAY does not run:"
        exit 1
    fi
}

# If the gateway has been renamed, removes the routes service and the own routes that it had under its former name, unless
# another gateway has that name now.
remove_former() {
    for former in $(docker service ls --filter "label=$OWNER_LABEL=$OWNER" --format '{{.Name}}'); do
        former_gateway=$(docker service inspect --format "{{index .Spec.Labels \"$GATEWAY_LABEL\"}}" "$former")
        if [ "$former_gateway" = "$GATEWAY" ] || docker service inspect "$former_gateway" >/dev/null 2>&1; then continue; fi
        docker service rm "$former" >/dev/null
        remove_secrets "$(secrets_of "$former_gateway" | of_owner "$OWNER")"
    done
}

delete() {
    known=$(secrets_of "$GATEWAY")
    others=$(printf '%s\n' "$known" | awk -v owner="$OWNER" 'NF && $2 != owner { print $2 }' | sort -u)
    found=$(routes_service_of "$GATEWAY")
    if [ -n "$others" ] && [ -n "$found" ]; then
        {
            echo "The gateway $GATEWAY still has the routes of these applications (project.stack.component):"
            echo "$others"
            echo "Remove them first: run \`pulumi destroy\` in their stacks, or take the gateway out of their routes."
            echo "If a stack no longer exists, remove its secret:"
            printf '%s\n' "$known" | awk -v owner="$OWNER" -v service="$found" -v docker="$DOCKER_COMMAND" 'NF && $2 != owner {
                print "  " docker " service update --secret-rm " $1 " " service " && " docker " secret rm " $1 "   # " $2
            }'
        } >&2
        exit 1
    fi
    [ -z "$found" ] || docker service rm "$found" >/dev/null
    remove_secrets "$(printf '%s\n' "$known" | of_owner "$OWNER")"
}

newline='
'
"$1"
