#!/bin/sh
# Changes the password of a service that has data. The first argument is the function to run:
# - create: records the password.
# - update: runs the command CHANGE in the running container if the password has changed.
# Prints HASH, with which the next update compares.
#
# ENGINE         docker or swarm
# CONTAINER      name of the container, or of the service on a Swarm
# HASH           hash of the password
# CHANGE         words of the command, quoted for a shell; empty if there is none
# NEW_PASSWORD   the new password, which is passed to the command

set -eu

create() {
    printf %s "$HASH"
}

update() {
    [ "${PULUMI_COMMAND_STDOUT:-}" = "$HASH" ] || [ -z "$CHANGE" ] || run_change
    create
}

run_change() {
    if [ "$ENGINE" = swarm ]; then
        id=$(docker ps --quiet --filter "label=com.docker.swarm.service.name=$CONTAINER" | head -n 1)
    else
        id=$(docker ps --quiet --filter "name=^/$CONTAINER\$")
    fi
    if [ -z "$id" ]; then
        echo "password.change runs in the container of $CONTAINER, which does not run on this Docker Engine. Start it there." >&2
        exit 1
    fi
    eval "docker exec --env NEW_PASSWORD $id $CHANGE" >&2
}

"$1"
