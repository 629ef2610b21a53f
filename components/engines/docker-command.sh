#!/bin/sh
# Prepended to every script that runs `docker`: points it at the Docker Engine that the Docker provider uses.
# DRYDOCK_DOCKER_CONTEXT, DRYDOCK_DOCKER_HOST and DRYDOCK_DOCKER_CERT_PATH hold the provider's configuration, if it has any.
# Sets DOCKER_COMMAND, the command to show in messages.

# The provider prefers DOCKER_CONTEXT to DOCKER_HOST, ignores the context that `docker context use` selects, and finds the
# sockets of Docker Desktop (kreuzwerker/terraform-provider-docker, provider.go). The docker command does the opposite.
export DOCKER_COMMAND=docker
if [ -n "${DRYDOCK_DOCKER_CONTEXT:-}" ]; then
    unset DOCKER_HOST
    export DOCKER_CONTEXT="$DRYDOCK_DOCKER_CONTEXT"
    DOCKER_COMMAND="docker --context $DOCKER_CONTEXT"
elif [ -n "${DRYDOCK_DOCKER_HOST:-}" ]; then
    # The program refuses this combination too, but `pulumi destroy` does not run the program.
    if [ -n "${DOCKER_CONTEXT:-}" ]; then
        echo "DOCKER_CONTEXT is '$DOCKER_CONTEXT', and the Docker provider uses it instead of docker:host: unset it" >&2
        exit 1
    fi
    export DOCKER_HOST="$DRYDOCK_DOCKER_HOST"
    DOCKER_COMMAND="docker --host $DOCKER_HOST"
    if [ -n "${DRYDOCK_DOCKER_CERT_PATH:-}" ]; then
        export DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$DRYDOCK_DOCKER_CERT_PATH"
    fi
elif [ -n "${DOCKER_CONTEXT:-}" ]; then
    unset DOCKER_HOST
elif [ -z "${DOCKER_HOST:-}" ]; then
    DOCKER_HOST=unix:///var/run/docker.sock
    for socket in "${HOME:-}/.docker/desktop/docker.sock" "${HOME:-}/.docker/run/docker.sock"; do
        [ -S /var/run/docker.sock ] || [ ! -S "$socket" ] || DOCKER_HOST=unix://$socket
    done
    export DOCKER_HOST
fi

