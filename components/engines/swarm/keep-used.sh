#!/bin/sh
# Comes between nodes.sh and volumes.sh for a volume that several components share: its `delete` keeps a volume that
# something still uses. That is so if the components have moved to a Docker Engine, and for what another stack mounts.
#
# PLACE   name of the volume

# Containers of this Docker Engine that are not a service's, which may still be stopping, and services.
users_of() {
    docker ps --all --filter "volume=$1" \
        --format '{{if not (.Label "com.docker.swarm.service.name")}}the container {{.Names}}{{end}}'
    services=$(docker service ls --quiet)
    [ -n "$services" ] || return 0
    # shellcheck disable=SC2086 # one word each
    docker service inspect $services --format \
        "{{\$name := .Spec.Name}}{{range .Spec.TaskTemplate.ContainerSpec.Mounts}}{{if eq .Source \"$1\"}}the service {{\$name}}{{end}}{{end}}"
}

if [ "$1" = delete ]; then
    volume=$PLACE
    users=$(users_of "$volume" | grep . | paste -sd , - | sed 's/,/, /g')
    if [ -n "$users" ]; then
        case $users in *"the service "*) ;; *) unmark_here "$volume" ;; esac
        echo "Kept the data of $volume, as it is in use by $users."
        exit
    fi
fi

