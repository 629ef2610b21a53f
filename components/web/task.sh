#!/bin/sh
# Runs a container in the foreground until it exits, and removes it. Comes after task-functions.sh.
#
# The arguments are those of `docker create`: options, image, command. The command provider appends one more. The
# environment holds the rest; lists have one item on each line:
#
#   TASK_CONTAINER   name of the container
#   TASK_LABELS      labels of the container. An existing container with all of them was left by an interrupted run
#   TASK_NETWORKS    networks to join
#   TASK_VARIABLES   names of its environment variables; their values are in DRYDOCK_TASK_0, DRYDOCK_TASK_1 and so on
#   TASK_REDIS_URLS  names of the variables whose value is a Redis URL without its user, `default`
#   TASK_TIMEOUT     seconds after which the container is stopped, or empty
#   TASK_SHOW        words of a command that runs another one and shows its output (show-output.ts)
#
# DRYDOCK_FILES_0, DRYDOCK_FILES_1 and so on are the parts of an archive of the container's files, in base64.

# shellcheck disable=SC2086,SC2154 # Lists are split into their lines. task-functions.sh sets newline and value.
set -euf
IFS=$newline
exec </dev/null

docker=$(command -v docker) || {
    echo "the docker command is not on PATH: install it" >&2
    exit 1
}
# HOME may be a variable of the container: it must not change where the docker command looks for its configuration.
export DOCKER_CONFIG="${DOCKER_CONFIG:-${HOME:-}/.docker}"

# Removes the container by ID, as another container may have the name.
remove() {
    [ -z "$id" ] || docker rm --force --volumes "$id" >/dev/null 2>&1 || true
}

left_by_interrupted_run() {
    for label in $TASK_LABELS; do set -- "$@" --filter "label=$label"; done
    docker ps --all --quiet --no-trunc "$@"
}

# Prints variables whose names a shell does not accept, such as `discovery.type`, as a file for --env-file.
other_variables() {
    index=0
    for name in $TASK_VARIABLES; do
        is_shell_name "$name" || eval "printf '%s=%s\n' \"\$name\" \"\$DRYDOCK_TASK_$index\""
        index=$((index + 1))
    done
}

# Runs `docker create` with the container's variables in its environment: on a command line, every user of the machine could
# read the values. Runs in a subshell that looks up no command once they are set, as one of them may be called PATH.
create() (
    set -- -- "$docker" create --name "$TASK_CONTAINER" "$@"
    index=0
    for name in $TASK_VARIABLES; do
        read_variable "$name" "$index"
        index=$((index + 1))
        if is_shell_name "$name"; then set -- "$name=$value" "$@"; fi
    done
    while [ "$1" != -- ]; do
        # shellcheck disable=SC2163 # It is NAME=value.
        export "$1"
        shift
    done
    shift
    exec "$@"
)

start() {
    NODE_OPTIONS='' $TASK_SHOW docker start --attach "$id"
}

# Stops the container after its timeout. Exits with 124 if it did so, like timeout(1).
stop_after_timeout() {
    sleeping=
    trap 'kill $sleeping; wait $sleeping; exit' TERM
    sleep "$TASK_TIMEOUT" &
    sleeping=$!
    wait "$sleeping"
    trap '' TERM
    [ "$(docker container inspect --format '{{.State.Running}}' "$id")" = true ] || exit 0
    docker stop "$id" || docker kill "$id" || true
    exit 124
}

end_timeout() {
    [ -z "$watch" ] || kill "$watch" 2>/dev/null || true
}

explain_name_conflict() {
    owner=$(docker container inspect --format "$owner_format" "$TASK_CONTAINER" 2>/dev/null) || return 0
    echo "The task needs the container name $TASK_CONTAINER, which another container has ($owner): rename that one, or the task." >&2
}
owner_format='ID {{printf "%.12s" .Id}}{{with index .Config.Labels "drydock.project"}}, of project {{.}}{{end}}'
owner_format=$owner_format'{{with index .Config.Labels "drydock.stack"}}, stack {{.}}{{end}}'
owner_format=$owner_format'{{with index .Config.Labels "drydock.component"}}, component {{.}}{{end}}'

# Drops the last argument.
count=$#
for argument in "$@"; do
    shift
    [ "$count" = 1 ] || set -- "$@" "$argument"
    count=$((count - 1))
done

# If config.json has `proxies`, the docker command sets these variables in containers that it creates. The provider, which
# creates the applications' containers, does not.
if grep -qs '"proxies"' "$DOCKER_CONFIG/config.json"; then
    for proxy in HTTP_PROXY HTTPS_PROXY FTP_PROXY NO_PROXY ALL_PROXY \
        http_proxy https_proxy ftp_proxy no_proxy all_proxy; do
        is_listed "$proxy" "$TASK_VARIABLES" || set -- --env "$proxy=" "$@"
    done
fi

for id in $(left_by_interrupted_run); do remove; done
id=
watch=
trap 'end_timeout; remove' EXIT
trap 'exit 130' INT TERM

id=$(other_variables | create "$@") || {
    status=$?
    explain_name_conflict
    exit "$status"
}
for network in $TASK_NETWORKS; do docker network connect "$network" "$id"; done
if [ -n "${DRYDOCK_FILES_0:-}" ]; then
    command -v base64 >/dev/null || {
        echo "the base64 command is not on PATH: install it" >&2
        exit 1
    }
    files_archive | docker cp - "$id:/"
fi
# The network with which a container is created must be on this machine when the container starts, but a Swarm's network
# may not be (moby 26, normalizeNetMode). Therefore it was created on the default network, and leaves that now.
if [ -n "$TASK_NETWORKS" ]; then docker network disconnect bridge "$id" >/dev/null 2>&1 || true; fi
if [ -z "$TASK_TIMEOUT" ]; then
    start
else
    # Without output of its own, so that the task's output ends with the task.
    stop_after_timeout >/dev/null 2>&1 &
    watch=$!
    exit_code=0
    start || exit_code=$?
    end_timeout
    watched=0
    wait "$watch" || watched=$?
    if [ "$watched" = 124 ]; then
        echo "The task did not end within its timeout of $TASK_TIMEOUT s and was stopped." >&2
        exit_code=124
    fi
    exit "$exit_code"
fi
