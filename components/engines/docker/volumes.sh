#!/bin/sh
# Lifecycle of a component's volumes on a Docker Engine. The first argument is the function to run:
# - create: fails if a Swarm service uses the volumes that the container is about to mount.
# - delete: removes all volumes that this stack has ever created for the component.
#
# PROJECT, STACK       the Pulumi project and stack
# CURRENT_COMPONENT    name of the component
# CONTAINER            name of its container, or of its service on a Swarm
# MOUNTED              names of the volumes that it mounts, separated by spaces
# USER_VOLUME          name of the volume if the user has chosen it
# STACK_VOLUMES        prefix of all generated volume names in the stack
# COMPONENT_VOLUMES    generated name of the component's volume, and prefix of the names of its further volumes
# COMPONENT, VOLUME    names of the component and its volume at the first `pulumi up`: volumes keep both when the component
#                      is renamed with an alias. States of version 0.1.0 lack COMPONENT.

set -eu

create() {
    [ -n "$MOUNTED" ] || return 0
    replicas=$(docker service inspect --format '{{.Spec.Mode.Replicated.Replicas}}' "$CONTAINER" 2>/dev/null) || return 0
    [ "$replicas" != 0 ] || return 0
    cat >&2 <<END
The Swarm service $CONTAINER uses the data of $MOUNTED. Two servers on the same files would corrupt them.
Remove the service, which keeps the data, and run pulumi up --refresh: $DOCKER_COMMAND service rm $CONTAINER
END
    return 1
}

# labelled COMMAND...: runs a docker list command, filtered by the component's labels with its present and its first name.
labelled() {
    labelled_as "$CURRENT_COMPONENT" "$@"
    case ${COMPONENT:-} in '' | "$CURRENT_COMPONENT") ;; *) labelled_as "$COMPONENT" "$@" ;; esac
}

labelled_as() {
    name=$1
    shift
    docker "$@" --filter "label=drydock.project=$PROJECT" --filter "label=drydock.stack=$STACK" \
        --filter "label=drydock.component=$name"
}

# Whether this stack created the volume: it has a generated name or the stack's labels.
is_owned() {
    case $1 in "$STACK_VOLUMES"*) return 0 ;; esac
    owner=$(docker volume inspect --format '{{index .Labels "drydock.project"}}/{{index .Labels "drydock.stack"}}' "$1")
    [ "$owner" = "$PROJECT/$STACK" ]
}

# What still runs the component, if anything: a Swarm service, or a container of a component with another parent.
successor() {
    if docker service inspect "$CONTAINER" >/dev/null 2>&1; then
        echo "the Swarm service $CONTAINER"
    else
        labelled ps --all --format 'the container {{.Names}}'
    fi
}

delete() {
    volumes=$(docker volume ls --quiet)
    labelled_volumes=$(labelled volume ls --quiet)
    successor=$(successor)
    for name in $volumes; do
        case $name in
        "$COMPONENT_VOLUMES" | "$COMPONENT_VOLUMES".* | "$VOLUME" | "$VOLUME".* | "$USER_VOLUME") ;;
        *) echo "$labelled_volumes" | grep -qxF -- "$name" || continue ;;
        esac
        if ! is_owned "$name"; then
            case $name in "$VOLUME" | "$USER_VOLUME") ;; *) continue ;; esac
            echo "Kept the volume $name, which this stack did not create. To remove it: $DOCKER_COMMAND volume rm $name"
            continue
        fi
        users=$(docker ps --all --filter "volume=$name" --format 'the container {{.Names}}')
        # The components that share a volume may have moved to a Swarm, which labels the node that has the data. The data
        # here may be the only copy.
        [ -z "${SHARED:-}" ] || [ -z "$(docker node ls --quiet --filter "node.label=drydock.data.$name" 2>/dev/null)" ] ||
            users=${users:-the Swarm}
        users=${successor:-$users}
        if [ -n "$users" ]; then
            users=$(echo "$users" | paste -sd , - | sed 's/,/, /g')
            echo "Kept the volume $name with its data, as it is in use by $users."
        else
            docker volume rm "$name" >/dev/null
            echo "Removed the volume $name with its data."
        fi
    done
}

"$1"
