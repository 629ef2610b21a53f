#!/bin/sh
# Builds the image DRYDOCK_IMAGE with BuildKit, and labels it with the commit of DRYDOCK_CONTEXT. If DRYDOCK_PUSH is set,
# pushes it with the login in DRYDOCK_PUSH_USERNAME and DRYDOCK_PUSH_PASSWORD, or with that of `docker login`. Takes the
# arguments of `docker buildx build`.
set -eu

if docker buildx version >/dev/null 2>&1; then
    buildx() { docker buildx "$@"; }
elif command -v docker-buildx >/dev/null; then
    # As Homebrew installs it.
    buildx() { docker-buildx "$@"; }
else
    echo "secrets, ssh, contexts and cacheTo of a build need buildx, which the docker command on this machine does not have: install docker-buildx-plugin (Docker's packages), docker-buildx (Debian, Ubuntu, Homebrew), or https://github.com/docker/buildx#installing" >&2
    exit 1
fi

commit=$(git -C "$DRYDOCK_CONTEXT" rev-parse HEAD 2>/dev/null) || commit=
if [ -n "$commit" ] && [ -n "$(git -C "$DRYDOCK_CONTEXT" --no-optional-locks status --porcelain -- . 2>/dev/null)" ]; then
    commit=$commit-dirty
fi

# Provenance attestations contain the time of the build: each build would be a different image.
export BUILDX_NO_DEFAULT_ATTESTATIONS=1
# Use the Docker Engine itself as the builder, whatever `docker buildx use` has selected: it keeps the image.
buildx build --builder "${DOCKER_CONTEXT:-default}" --progress plain --tag "$DRYDOCK_IMAGE" \
    ${commit:+--label "org.opencontainers.image.revision=$commit"} "$@"

[ -n "$DRYDOCK_PUSH" ] || exit 0
if [ -n "$DRYDOCK_PUSH_USERNAME" ]; then
    # A separate configuration, so that the user's logins do not change.
    config=$(mktemp -d)
    trap 'rm -rf "$config"' EXIT
    trap 'exit 130' HUP INT TERM
    contexts=${DOCKER_CONFIG:-${HOME:-}/.docker}/contexts
    [ ! -d "$contexts" ] || ln -s "$contexts" "$config/contexts"
    export DOCKER_CONFIG="$config"
    case $DRYDOCK_IMAGE in
        localhost/* | *.*/* | *:*/*) registry=${DRYDOCK_IMAGE%%/*} ;;
        *) registry= ;;
    esac
    printf %s "$DRYDOCK_PUSH_PASSWORD" |
        docker login --username "$DRYDOCK_PUSH_USERNAME" --password-stdin ${registry:+"$registry"}
fi
docker push "$DRYDOCK_IMAGE"
