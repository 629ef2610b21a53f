#!/usr/bin/env bash
# Caches images for CI machines that start empty. `save` writes the images of the dev stack, including the sample
# application's, to a cache directory; `load` reads them. BuildKit does not use a loaded image as a layer cache, so the
# application is built once more with `--cache-from`.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/drydock-images
archive=$cache/images.tar.gz
application=drydock/sample:cache

# Builds the cached copy of the application. If its layers exist, this runs nothing, whatever a branch has changed.
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
