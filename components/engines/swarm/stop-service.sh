#!/bin/sh
# Stops the containers of a service before the provider deletes it. The provider waits for the containers on its own node
# for their stop timeout, and fails if one of them takes that long (kreuzwerker/terraform-provider-docker, deleteService
# in resource_docker_service_funcs.go). The first argument is the function to run:
# - create: starts the service again if `delete` has stopped it but the service was not deleted.
# - delete: stops it, and waits until its containers have stopped on all nodes that are up.
#
# SERVICE   ID of the service

set -euf

# Label of a stopped service: how many replicas it had, or `global`.
label=drydock.stopped
# No node has this ID.
nowhere=node.id==none

create() {
    former=$(docker service inspect --format "{{index .Spec.Labels \"$label\"}}" "$SERVICE" 2>/dev/null) || exit 0
    case $former in
    '') exit 0 ;;
    global) update --constraint-rm "$nowhere" --label-rm "$label" ;;
    *) update --replicas "$former" --label-rm "$label" ;;
    esac
    attempts=240
    while [ "$attempts" -gt 0 ]; do
        attempts=$((attempts - 1))
        states=$(docker service ps --filter desired-state=running --format '{{.CurrentState}}' "$SERVICE")
        if [ -n "$states" ] && ! printf '%s\n' "$states" | grep -qv '^Running '; then exit 0; fi
        sleep 0.5
    done
}

delete() {
    format="{{with .Spec.Mode.Replicated}}{{.Replicas}}{{else}}global{{end}} {{index .Spec.Labels \"$label\"}}"
    mode=$(docker service inspect --format "$format" "$SERVICE" 2>/dev/null) || exit 0
    case $mode in
    *' '?* | 0*) ;; # It is stopped already.
    global*) update --label-add "$label=global" --constraint-add "$nowhere" ;;
    *) update --label-add "$label=${mode% }" --replicas 0 ;;
    esac
    timeout=$(docker service inspect --format '{{json .Spec.TaskTemplate.ContainerSpec.StopGracePeriod}}' "$SERVICE")
    # The timeout is in nanoseconds. Add a minute for the nodes to report.
    attempts=$((timeout / 500000000 + 120))
    while [ "$attempts" -gt 0 ] && is_running; do
        attempts=$((attempts - 1))
        sleep 0.5
    done
}

# Whether a node that is up still runs or removes a container of the service.
is_running() {
    nodes=$(docker node ls --format '{{if eq .Status "Ready"}}{{.ID}}{{end}}' | grep .) || return 1
    tasks=$(docker service ps --quiet "$SERVICE") || return 1
    # shellcheck disable=SC2086 # one word each
    [ -n "$tasks" ] && docker inspect --type task --format '{{.NodeID}} {{.DesiredState}} {{.Status.State}}' $tasks 2>/dev/null |
        grep -F -e "$nodes" | grep -qE ' (remove .*|.* (running|starting|ready|preparing|assigned|accepted))$'
}

# Docker refuses one of two simultaneous updates.
update() {
    attempts=20
    until error=$(docker service update --detach --quiet "$@" "$SERVICE" 2>&1 >/dev/null); do
        attempts=$((attempts - 1))
        case $error in *'out of sequence'*) ;; *) attempts=0 ;; esac
        if [ "$attempts" -le 0 ]; then
            echo "$error" >&2
            return
        fi
        sleep 0.5
    done
}

"$1"
