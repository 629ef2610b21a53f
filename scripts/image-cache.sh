#!/usr/bin/env bash
# Keeps images between runs on machines that forget them: `save` writes those of the dev stack into a cache folder,
# the sample application's among them; `load` takes them from there. BuildKit builds on no image that was loaded: the
# application's layers are given to it with their cache, so that the next build of the application starts from them.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/drydock-images
archive=$cache/images.tar.gz
application=drydock/sample:cache

# Of the files that are kept: where the layers are there too, this runs nothing, whatever a branch has changed since.
build() {
    DOCKER_BUILDKIT=1 docker build --quiet --build-arg BUILDKIT_INLINE_CACHE=1 --tag "$application" "$@" \
        "$cache/sample" >/dev/null
}

case ${1-} in
save)
    rm -rf "$cache"
    mkdir -p "$cache"
    cp -R apps/sample "$cache/sample"
    build
    images=$(docker images --format '{{.Repository}}:{{.Tag}}' \
        --filter reference=debian --filter reference=redis --filter reference=postgres | sed '/<none>/d')
    # shellcheck disable=SC2086 # one word for each
    docker save "$application" $images | gzip -1 >"$archive"
    ;;
load)
    [ -f "$archive" ] || exit 0
    docker load --input "$archive"
    build --cache-from "$application"
    ;;
*)
    echo "usage: $0 save|load" >&2
    exit 2
    ;;
esac
