#!/bin/sh
# Prepended to the scripts that change the routes of gateways on a Swarm.
#
# The routes of an owner (an application, or the gateway itself) are a Docker secret with these labels:
# - $GATEWAY_LABEL   name of the gateway's service
# - $OWNER_LABEL     the owner
# - $PATHS_LABEL     the output of paths_in
# The maintenance page of an application is a Docker config with the same labels, but $PATHS_LABEL holds the host names
# of the application's processes (set-maintenance.sh). Each gateway has a routes service, also labelled with
# $GATEWAY_LABEL, which mounts the secrets and configs on each node (keep-routes.sh).

# site_address GATEWAY: the address in its label. Fails if the service is not a gateway.
site_address() {
    format="{{index .Spec.TaskTemplate.ContainerSpec.Labels \"$GATEWAY_LABEL\"}}"
    docker service inspect --format "$format" "$1" 2>/dev/null | grep .
}

# routes_service_of GATEWAY: name of its routes service.
routes_service_of() {
    docker service ls --filter "label=$GATEWAY_LABEL=$1" --format '{{.Name}}'
}

# secrets_of GATEWAY: lines of `<secret> <owner> <path>...`
secrets_of() {
    docker secret ls --filter "label=$GATEWAY_LABEL=$1" \
        --format "{{.Name}} {{.Label \"$OWNER_LABEL\"}} {{.Label \"$PATHS_LABEL\"}}"
}

# pages_of GATEWAY: lines of `<config> <owner> <host>...`
pages_of() {
    docker config ls --filter "label=$GATEWAY_LABEL=$1" \
        --format "{{.Name}} {{.Label \"$OWNER_LABEL\"}} {{.Label \"$PATHS_LABEL\"}}"
}

# of_owner OWNER: names of the owner's secrets or configs, from the output of secrets_of or pages_of.
of_owner() {
    awk -v owner="$1" '$2 == owner { print $1 }'
}

# put_routes GATEWAY OWNER ROUTES: replaces the routes of one owner. If ROUTES is empty, removes them and the maintenance
# page.
put_routes() {
    gateway=$1 owner=$2 routes=$3
    known=$(secrets_of "$gateway")
    old=$(printf '%s\n' "$known" | of_owner "$owner")
    new=
    page=
    [ -n "$routes" ] || page=$(pages_of "$gateway" | of_owner "$owner")
    if [ -n "$routes" ]; then
        paths=$(paths_in "$routes")
        refuse_taken
        refuse_without_certificate
        create_secret
        # Another owner may have registered the same host meanwhile.
        known=$(secrets_of "$gateway")
        refuse_taken
    fi
    routes_service=$(routes_service_of "$gateway")
    set --
    for secret in $old; do set -- "$@" --secret-rm "$secret"; done
    [ -z "$new" ] || set -- "$@" --secret-add "$(mount_of "$new" "$owner")"
    for config in $page; do set -- "$@" --config-rm "$config"; done
    code=0
    [ -z "$routes_service" ] || [ $# = 0 ] || update_service "$routes_service" "$@" || code=$?
    if [ "$code" != 0 ]; then
        message="The gateway $gateway does not accept the routes. The previous ones stay active:"
        [ "$code" != 2 ] ||
            message="The new routes did not reach all nodes of the gateway $gateway in time. The previous ones are restored:"
        report "$routes_service" "$message"
        restore_routes
        exit 1
    fi
    remove_secrets "$old"
    remove_pages "$page"
}

# Mounts the previous routes again. Docker's own rollback may restore the routes of another update that fails too, if
# updates overlap.
restore_routes() {
    secrets=$(docker service inspect "$routes_service" \
        --format '{{range .Spec.TaskTemplate.ContainerSpec.Secrets}}{{println .SecretName}}{{end}}')
    set --
    if [ -n "$new" ] && printf '%s\n' "$secrets" | grep -qxF -e "$new"; then set -- --secret-rm "$new"; fi
    if [ -n "$old" ] && ! printf '%s\n' "$secrets" | grep -qxF -e "$old"; then
        set -- "$@" --secret-add "$(mount_of "$(printf '%s\n' "$old" | head -n 1)" "$owner")"
    fi
    [ $# = 0 ] || change_service "$routes_service" "$@"
    remove_secrets "$new"
}

# Fails, and removes the new secret, if another owner has one of the paths.
refuse_taken() {
    taken=$(printf '%s\n' "$known" | awk -v owner="$owner" -v paths="$paths" '
        BEGIN { count = split(paths, list, " "); for (i = 1; i <= count; i++) wanted[list[i]] = 1 }
        $2 != owner { for (i = 3; i <= NF; i++) if ($i in wanted) { print $i ", owned by " $2; exit } }')
    [ -n "$taken" ] || return 0
    printf 'The gateway already has a route for %s. Remove one of the two, or change its path.\n' "$taken" >&2
    remove_secrets "$new"
    exit 1
}

# Fails if the gateway cannot get a certificate for a host. Its settings are part of its own routes, which may be the new
# ones.
refuse_without_certificate() {
    case $(site_address "$gateway") in http:*) return ;; esac
    wanted=$(echo "$paths" | tr ' ' '\n')
    settings=$(printf '%s\n' "$known" | awk -v owner="$owner" '$2 != owner' | tr ' ' '\n' && echo "$wanted")
    reason=
    if echo "$wanted" | grep -q '^?' && ! echo "$settings" | grep -qx '!on-demand'; then
        reason="The gateway has no certificates on demand, which a route with \`ask\` needs. Set \`tls\` of the Gateway to Tls.OnDemand."
    elif echo "$settings" | grep -qx '!acme'; then
        for host in $(echo "$wanted" | sed -n 's|^\([*][^/!]*\)/.*|\1|p'); do
            echo "$settings" | grep -qxF -e "$host!" -e "?$host" ||
                reason="The host name $host needs a wildcard certificate, which a public authority issues only after a check in DNS. Name the hosts, or add the certificate to \`certificates\` of the Gateway."
        done
    fi
    [ -n "$reason" ] || return 0
    echo "$reason" >&2
    exit 1
}

# Creates the secret with the new routes, and sets `new` to its name.
create_secret() {
    new=drydock-routes-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s\n' "$routes" | grep . | docker secret create --label "$GATEWAY_LABEL=$gateway" \
        --label "$OWNER_LABEL=$owner" --label "$PATHS_LABEL=$paths" "$new" - >/dev/null
}

# mount_of SECRET OWNER: value of `docker service ... --secret-add`.
mount_of() {
    echo "source=$1,target=/routes/$2,mode=0400"
}

remove_secrets() {
    # shellcheck disable=SC2086 # one word for each
    [ -z "$1" ] || docker secret rm $1 >/dev/null
}

# page_mount CONFIG HOST: value of `docker service ... --config-add`.
page_mount() {
    echo "source=$1,target=/pages/$2.html,mode=0400"
}

remove_pages() {
    # shellcheck disable=SC2086 # one word for each
    [ -z "$1" ] || docker config rm $1 >/dev/null
}

# paths_in ROUTES: words, separated by spaces:
# - <host><path>  a route
# - ?<host>       a host about which the gateway asks an application (`ask`)
# - <host>!       a certificate of the gateway
# - !<setting>    a setting of the gateway
paths_in() {
    printf '%s\n' "$1" | grep . | awk -F '\t' '{ print $1 ($1 == "!" || $2 == "!" ? $2 : substr($2, 6)) }' | sort -u | paste -sd ' ' -
}

# update_service SERVICE OPTION...: updates the service and waits. Fails as wait_for does.
update_service() {
    change_service "$@" || return 1
    wait_for "$1"
}

# change_service SERVICE OPTION...: updates the service without waiting. Docker refuses one of two simultaneous updates.
change_service() {
    service=$1
    shift
    attempts=20
    until error=$(docker service update --detach --quiet "$@" "$service" 2>&1 >/dev/null); do
        attempts=$((attempts - 1))
        case $error in *"out of sequence"*) ;; *) attempts=0 ;; esac
        if [ "$attempts" -le 0 ]; then
            echo "$error" >&2
            return 1
        fi
        sleep 0.5
    done
}

# Distinguishes the containers of the current version of a service from those of earlier ones.
content='{{json .Image}}{{json .Args}}{{json .Command}}{{json .Env}}{{json .Configs}}{{json .Secrets}}{{json .Healthcheck}}'

# wait_for SERVICE: waits until all of its tasks run in the current version, two minutes for each at most. Fails with 1
# if the Swarm has paused or rolled back the update, with 2 if it takes longer, and with 3 if there is no task after ten
# seconds.
wait_for() {
    attempts=240
    most=0
    empty=0
    while [ "$attempts" -gt 0 ]; do
        attempts=$((attempts - 1))
        if [ -z "$(docker service ps --quiet "$1")" ]; then empty=$((empty + 1)); fi
        [ "$empty" -lt 20 ] || return 3
        status=$(docker service inspect --format '{{with .UpdateStatus}}{{.State}}{{end}}' "$1")
        count_tasks "$1"
        if [ "$running" -gt "$most" ]; then
            most=$running
            attempts=240
        fi
        case $status in
        *paused | rollback_completed) return 1 ;;
        updating | rollback_started) ;;
        *) if [ "$running" -gt 0 ] && [ "$running" = "$wanted" ]; then return; fi ;;
        esac
        sleep 0.5
    done
    return 2
}

# count_tasks SERVICE: sets `wanted` to the number of its tasks, and `running` to how many of them run in the current
# version.
count_tasks() {
    tasks=$(docker service ps --quiet --filter desired-state=running "$1")
    wanted=$(printf '%s' "$tasks" | grep -c . || true)
    current=$(docker service inspect --format "running {{with .Spec.TaskTemplate.ContainerSpec}}$content{{end}}" "$1")
    # shellcheck disable=SC2086 # one word for each
    running=$(docker inspect --type task --format "{{.Status.State}} {{with .Spec.ContainerSpec}}$content{{end}}" $tasks \
        2>/dev/null | grep -cxF -e "$current" || true)
}

# report SERVICE MESSAGE: prints the message, the failed tasks and the end of the log.
report() {
    echo "$2" >&2
    docker service ps --no-trunc --format '{{.Node}}: {{.CurrentState}} {{.Error}}' "$1" |
        grep -vE '^[^:]*: (Running|Shutdown) ' | head -n 5 >&2
    docker service logs --raw --tail 20 "$1" 2>&1 | tail -n 20 >&2
}
