#!/bin/sh
# Runs a task as a job on the node of a Swarm that has its data. Comes after job.sh and task-functions.sh.
#
# The arguments are those of `docker service create` up to the image, then `--`, the user's entrypoint and the command. The
# command provider appends one more. The environment is that of task.sh, and:
#
#   TASK_IMAGE           image of the container
#   TASK_HAS_ENTRYPOINT  `true` if the user has set an entrypoint
#   TASK_FILES           mode, owner, group and path of each file in DRYDOCK_FILES_0 and so on

# shellcheck disable=SC2086,SC2154 # Lists are split into their lines. task-functions.sh sets newline and value.
set -euf
IFS=$newline
exec </dev/null

# left_by_interrupted_run KIND: IDs of the services or secrets that an interrupted run has left.
left_by_interrupted_run() {
    kind=$1
    shift
    for label in $TASK_LABELS; do set -- "$@" --filter "label=$label"; done
    docker "$kind" ls --quiet "$@"
}

# Prints the variables as a file that a shell sources. It becomes a secret, so that `docker service inspect` does not
# show them. A shell accepts no names such as `discovery.type`: these become arguments of the env command.
environment_file() {
    index=0
    others=
    for name in $TASK_VARIABLES; do
        read_variable "$name" "$index"
        index=$((index + 1))
        quoted=$(printf '%s.' "$value" | sed "s/'/'\\\\''/g")
        if is_shell_name "$name"; then
            printf "export %s='%s'\n" "$name" "${quoted%.}"
        else
            others=true
            printf "set -- '%s=%s' \"\$@\"\n" "$name" "${quoted%.}"
        fi
    done
    [ -z "$others" ] || echo 'set -- env "$@"'
    echo
}

remove_secrets() {
    [ -z "$secrets" ] || docker secret rm $secrets >/dev/null
}

# Overrides the function in job.sh. The output of a failed job goes only to standard error: otherwise, the error would
# repeat it.
print_logs() {
    if [ "$exit_code" = 0 ]; then
        show docker service logs --raw "$job"
    else
        # shellcheck disable=SC2016 # The other shell expands it.
        show sh -c 'exec docker service logs --raw "$1" >&2' sh "$job"
    fi
}

show() {
    NODE_OPTIONS='' $TASK_SHOW "$@"
}

for id in $(left_by_interrupted_run service); do docker service rm "$id" >/dev/null; done
for id in $(left_by_interrupted_run secret); do docker secret rm "$id" >/dev/null; done

docker image inspect "$TASK_IMAGE" >/dev/null 2>&1 || docker pull --quiet "$TASK_IMAGE" >/dev/null
entrypoint=
[ "$TASK_HAS_ENTRYPOINT" = true ] ||
    entrypoint=$(docker image inspect --format '{{range .Config.Entrypoint}}{{println .}}{{end}}' "$TASK_IMAGE")

# Inserts a shell that reads the environment before the entrypoint. Drops the last argument.
start='. /run/drydock/environment; exec "$@"'
count=$#
in_options=true
for argument in "$@"; do
    shift
    if [ "$argument" = -- ] && "$in_options"; then
        in_options=false
        set -- "$@" --entrypoint sh "$TASK_IMAGE" -c "$start" sh $entrypoint
    elif [ "$count" != 1 ]; then
        set -- "$@" "$argument"
    fi
    count=$((count - 1))
done

secrets=
trap remove_secrets EXIT
trap 'exit 130' INT TERM
prefix=drydock-task-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
labels=
for label in $TASK_LABELS; do labels="$labels$newline--label$newline$label"; done
secrets=$(environment_file | docker secret create $labels "$prefix" -)
set -- --secret "source=$prefix,target=/run/drydock/environment,mode=0444" "$@"
index=0
for file in $TASK_FILES; do
    path=/${file#*/}
    options=${file%% /*}
    mode=${options%% *}
    owner=${options#* }
    id=$(files_archive | tar -x -O -f - "${path#/}" | docker secret create $labels "$prefix-$index" -)
    secrets=$secrets$newline$id
    set -- --secret "source=$prefix-$index,target=$path,mode=$mode,uid=${owner% *},gid=${owner#* }" "$@"
    index=$((index + 1))
done

# shellcheck disable=SC2034 # run_job reads it.
job_timeout=$TASK_TIMEOUT
run_job "$@"
