#!/bin/sh
# Prepended to the scripts that give gateways on a Swarm their routes.
#
# The routes of an owner (an application, or the gateway itself) are a Docker secret with these labels:
# - $GATEWAY_LABEL   name of the gateway's service
# - $OWNER_LABEL     the owner
# - $PATHS_LABEL     what paths_in prints
# The page for the maintenance of an application is a Docker config with the same labels, of which $PATHS_LABEL has the host
# names of the processes of the application (set-maintenance.sh).
# The routes service of each gateway, with the label $GATEWAY_LABEL too, mounts them on each node (keep-routes.sh).

# site_address GATEWAY: fails if the service is no gateway.
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

# of_owner OWNER: names of the secrets or configs, from what secrets_of or pages_of prints.
of_owner() {
    awk -v owner="$1" '$2 == owner { print $1 }'
}

# put_routes GATEWAY OWNER ROUTES: replaces the routes of one owner; empty ones remove them, and the page for maintenance.
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
            message="The new routes did not reach all nodes of the gateway $gateway in time. It gets the previous ones again:"
        report "$routes_service" "$message"
        restore_routes
        exit 1
    fi
    remove_secrets "$old"
    remove_pages "$page"
}

# Gives the service the previous routes. If updates overlap, a rollback can restore the routes of one that fails too.
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

# Fails if another owner has one of the paths, and removes the new secret.
refuse_taken() {
    taken=$(printf '%s\n' "$known" | awk -v owner="$owner" -v paths="$paths" '
        BEGIN { count = split(paths, list, " "); for (i = 1; i <= count; i++) wanted[list[i]] = 1 }
        $2 != owner { for (i = 3; i <= NF; i++) if ($i in wanted) { print $i ", of " $2; exit } }')
    [ -n "$taken" ] || return 0
    printf 'The gateway already has a route for %s. Remove one of the two, or give it another path.\n' "$taken" >&2
    remove_secrets "$new"
    exit 1
}

# Fails if the gateway can have no certificate for a host. Its own routes, which may be the new ones, have its settings.
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
                reason="The host name $host needs a wildcard certificate, which a public authority gives through DNS only. Name the hosts, or add the certificate to \`certificates\` of the Gateway."
        done
    fi
    [ -n "$reason" ] || return 0
    echo "$reason" >&2
    exit 1
}

# Sets new to the name of the secret.
create_secret() {
    new=drydock-routes-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s\n' "$routes" | grep . | docker secret create --label "$GATEWAY_LABEL=$gateway" \
        --label "$OWNER_LABEL=$owner" --label "$PATHS_LABEL=$paths" "$new" - >/dev/null
}

# mount_of SECRET OWNER: for `docker service`.
mount_of() {
    echo "source=$1,target=/routes/$2,mode=0400"
}

remove_secrets() {
    # shellcheck disable=SC2086 # one word for each
    [ -z "$1" ] || docker secret rm $1 >/dev/null
}

# page_mount CONFIG HOST: for `docker service`.
page_mount() {
    echo "source=$1,target=/pages/$2.html,mode=0400"
}

remove_pages() {
    # shellcheck disable=SC2086 # one word for each
    [ -z "$1" ] || docker config rm $1 >/dev/null
}

# paths_in ROUTES: words, separated by spaces:
# - <host><path>  a route
# - ?<host>       a question to an application about its domains
# - <host>!       a certificate of the gateway
# - !<setting>    a setting of the gateway
paths_in() {
    printf '%s\n' "$1" | grep . | awk -F '\t' '{ print $1 ($1 == "!" || $2 == "!" ? $2 : substr($2, 6)) }' | sort -u | paste -sd ' ' -
}

# update_service SERVICE OPTION...: fails as wait_for does.
update_service() {
    change_service "$@" || return 1
    wait_for "$1"
}

# change_service SERVICE OPTION...: does not wait. Docker refuses one of two simultaneous updates.
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

# What tells the container of an earlier version of a service from one of the present version.
content='{{json .Image}}{{json .Args}}{{json .Command}}{{json .Env}}{{json .Configs}}{{json .Secrets}}{{json .Healthcheck}}'

# wait_for SERVICE: waits until all of its tasks run in the present version; two minutes for each at most. Fails if the
# Swarm has stopped or undone the update, with 2 if it takes longer, and with 3 if the service gets no task in ten seconds.
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

# count_tasks SERVICE: sets wanted, and running to how many of these run in the present version.
count_tasks() {
    tasks=$(docker service ps --quiet --filter desired-state=running "$1")
    wanted=$(printf '%s' "$tasks" | grep -c . || true)
    present=$(docker service inspect --format "running {{with .Spec.TaskTemplate.ContainerSpec}}$content{{end}}" "$1")
    # shellcheck disable=SC2086 # one word for each
    running=$(docker inspect --type task --format "{{.Status.State}} {{with .Spec.ContainerSpec}}$content{{end}}" $tasks \
        2>/dev/null | grep -cxF -e "$present" || true)
}

# report SERVICE MESSAGE
report() {
    echo "$2" >&2
    docker service ps --no-trunc --format '{{.Node}}: {{.CurrentState}} {{.Error}}' "$1" |
        grep -vE '^[^:]*: (Running|Shutdown) ' | head -n 5 >&2
    docker service logs --raw --tail 20 "$1" 2>&1 | tail -n 20 >&2
}
