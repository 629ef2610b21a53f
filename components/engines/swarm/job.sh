#!/bin/sh
# Functions for scripts that run a container on a node of the Swarm.

# Prints the output of a job. run_job sets job and exit_code.
print_logs() {
    docker service logs --raw "$job"
}

# run_job ARGUMENT...: runs a job to its end, prints its output, and returns its exit code: 124 if it runs longer than
# job_timeout seconds, if that is set. Takes the arguments of `docker service create`.
run_job() (
    job=$(docker service create --detach --quiet --no-resolve-image --with-registry-auth --mode replicated-job \
        --restart-condition none "$@")
    trap 'docker service rm "$job" >/dev/null' EXIT
    trap 'exit 130' INT TERM
    waited=0
    started=
    while :; do
        task=$(docker service ps "$job" --no-trunc --format '{{.CurrentState}}|{{.Error}}' | head -n 1)
        case $task in
        Complete*) exit_code=0 && break ;;
        Failed* | Rejected* | Shutdown* | Orphaned* | Remove*) exit_code=1 && break ;;
        # No node meets the constraints, or the node with the data is down.
        '' | New* | Pending*)
            waited=$((waited + 1))
            if [ "$waited" -gt 60 ]; then exit_code=1 && break; fi
            ;;
        Running*)
            waited=0
            now=$(date +%s)
            started=${started:-$now}
            if [ -n "${job_timeout:-}" ] && [ $((now - started)) -ge "$job_timeout" ]; then
                exit_code=124 && break
            fi
            ;;
        *) waited=0 ;;
        esac
        sleep 1
    done
    print_logs
    case $task in *'non-zero exit ('*) exit_code=${task##*'non-zero exit ('} && exit_code=${exit_code%%)*} ;; esac
    if [ "$exit_code" = 124 ] && [ "${task#Running}" != "$task" ]; then
        echo "The task did not end within its timeout of $job_timeout s and was stopped." >&2
        exit 124
    fi
    [ "$exit_code" = 0 ] || echo "On its node of the Swarm: ${task%%|*}: ${task#*|}" >&2
    exit "$exit_code"
)

