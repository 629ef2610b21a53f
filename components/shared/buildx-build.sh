#!/bin/sh
# Builds the image IMAGE with BuildKit, and pushes it if PUSH is set: with the login in PUSH_USERNAME and PUSH_PASSWORD, or that
# of `docker login`. Arguments: those of `docker buildx build`.
set -eu

if docker buildx version >/dev/null 2>&1; then
    buildx() { docker buildx "$@"; }
elif command -v docker-buildx >/dev/null; then
    # As Homebrew installs it.
    buildx() { docker-buildx "$@"; }
else
    echo "secrets, ssh, contexts and cacheTo of a build need buildx, which docker on this machine does not have: install docker-buildx-plugin (Docker's packages), docker-buildx (Debian, Ubuntu, Homebrew), or https://github.com/docker/buildx#installing" >&2
    exit 1
fi

# The provenance of a build has its time, which would make each image another one.
export BUILDX_NO_DEFAULT_ATTESTATIONS=1
# The builder that is the Docker Engine itself, which has its images, whatever `docker buildx use` selected.
buildx build --builder "${DOCKER_CONTEXT:-default}" --progress plain --tag "$IMAGE" "$@"

[ -n "${PUSH:-}" ] || exit 0
if [ -n "${PUSH_USERNAME:-}" ]; then
    # Apart from the logins of the user.
    config=$(mktemp -d)
    trap 'rm -rf "$config"' EXIT
    contexts=${DOCKER_CONFIG:-${HOME:-}/.docker}/contexts
    [ ! -d "$contexts" ] || ln -s "$contexts" "$config/contexts"
    export DOCKER_CONFIG="$config"
    case $IMAGE in
        localhost/* | *.*/* | *:*/*) registry=${IMAGE%%/*} ;;
        *) registry= ;;
    esac
    printf %s "$PUSH_PASSWORD" |
        docker login --username "$PUSH_USERNAME" --password-stdin ${registry:+"$registry"}
fi
docker push "$IMAGE"
