#!/bin/sh
# Comes between nodes.sh and volumes.sh for a volume that several components share: on `delete`, keeps a volume that is
# still in use. That is the case if the components have moved to a Docker Engine, or if another stack mounts it.
#
# PLACE   name of the volume

# Lists the services that use the volume, and the containers of this Docker Engine that belong to no service: those of a
# removed service may still be stopping.
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

