#!/bin/sh
# Runs before a password is generated. Fails if the service already has data: most images read a password only while they
# have no data, so the service would keep the old password, and the state would no longer hold it. Changes nothing.
#
# ENGINE       docker or swarm
# IMAGE        image of the service. A container of it is created, but not started, to list volumes and directories
# VOLUMES      names of the service's volumes, one on each line
# DIRECTORIES  its directories of the host, one on each line
# CONTAINER    name of its container, or of its service on a Swarm
# CHANGES      `yes` if the service has a command that changes the password (password.change)

set -eu
newline='
'

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Prints the volumes and directories that hold data. On a Swarm, prints the volumes whose data a node has.
find_data() {
    IFS=$newline
    if [ "$ENGINE" = swarm ]; then
        for volume in $VOLUMES; do
            nodes=$(docker node ls --quiet --filter "node.label=drydock.data.$volume") || exit 1
            [ -z "$nodes" ] || echo "volume $volume"
        done
        return
    fi
    for volume in $VOLUMES; do
        docker volume inspect "$volume" >/dev/null 2>&1 || continue
        ! has_files "type=volume,source=$volume" || echo "volume $volume"
    done
    for directory in $DIRECTORIES; do
        ! has_files "type=bind,source=$directory" || echo "directory $directory"
    done
}

# Whether a volume or directory contains a file. The image need not have a shell. Only the start of the archive is read.
has_files() {
    if ! output=$(docker create --network none --mount "$1,target=/drydock-data,readonly" "$IMAGE" unused 2>&1); then
        # Docker refuses to mount a directory that does not exist.
        case $output in *"source path does not exist"*) return 1 ;; *) fail "$output" ;; esac
    fi
    # Warnings precede the ID.
    id=${output##*"$newline"}
    files=$(docker cp "$id:/drydock-data" - 2>/dev/null | head -c 65536 | tar -tf - 2>/dev/null |
        grep -vE '^drydock-data/((lost\+found|\.gitkeep|\.gitignore)/?)?$' | head -n 1)
    docker rm --volumes "$id" >/dev/null
    [ -n "$files" ]
}

# State of the container: running, another state, or nothing if there is none.
state() {
    if [ "$ENGINE" = swarm ]; then
        docker ps --filter "label=com.docker.swarm.service.name=$CONTAINER" --format running | head -n 1
    else
        docker container inspect --format '{{.State.Status}}' "$CONTAINER" 2>/dev/null || true
    fi
}

data=$(find_data)
data=${data%%"$newline"*}
[ -n "$data" ] || exit 0
state=$(state)
case $CHANGES/$state in
yes/running) ;;
yes/?*) fail "password.change runs in the container $CONTAINER, which is $state. Start it: $DOCKER_COMMAND start $CONTAINER" ;;
/?*)
    fail "The $data has data that was created with the current password: most images read a password only while they have no data." \
        "Set password.change to a command that changes the password in the container, or to [] if the image reads its password at every start. Nothing was changed."
    ;;
*)
    fail "The $data already has data, with its own password: most images read a password only while they have no data." \
        "Set password.value to the password of the data (a secret of the stack: pulumi config set --secret), or use an empty volume. If the image reads its password at every start, set password.change to []."
    ;;
esac
