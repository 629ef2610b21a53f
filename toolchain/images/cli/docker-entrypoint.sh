#!/bin/sh
# Runs its arguments as a docker command if they are one, otherwise as they are. As in the official image, the engine is
# DOCKER_HOST, otherwise the mounted socket, otherwise a container that is called docker.
set -eu

case "${1-}" in
    -*) set -- docker "$@" ;;
    ?*) ! docker help "$1" >/dev/null 2>&1 || set -- docker "$@" ;;
esac

has_certificates() {
    for file in ca cert key; do
        [ -s "${DOCKER_TLS_CERTDIR:-/nowhere}/client/$file.pem" ] || return 1
    done
}

if [ -z "${DOCKER_HOST:-}" ]; then
    rootless=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/docker.sock
    if [ -S /var/run/docker.sock ]; then
        DOCKER_HOST=unix:///var/run/docker.sock
    elif [ -S "$rootless" ]; then
        DOCKER_HOST=unix://$rootless
    elif has_certificates || [ -n "${DOCKER_TLS_VERIFY:-}" ]; then
        DOCKER_HOST=tcp://docker:2376
    else
        DOCKER_HOST=tcp://docker:2375
    fi
    export DOCKER_HOST
fi

case $DOCKER_HOST in
    tcp:*)
        if [ -z "${DOCKER_TLS_VERIFY:-}${DOCKER_CERT_PATH:-}" ] && has_certificates; then
            export DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$DOCKER_TLS_CERTDIR/client"
        fi
        ;;
esac

exec "$@"
