#!/usr/bin/env bash
# Keeps images between runs on machines that forget them: `save` writes those of the dev stack into a cache folder,
# `load` takes them from there, with their layers for the next build.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/drydock-images
archive=$cache/images.tar.gz

case ${1-} in
save)
    mkdir -p "$cache"
    images=$(docker images --format '{{.Repository}}:{{.Tag}}' \
        --filter reference=debian --filter reference=redis --filter reference=postgres | sed '/<none>/d')
    # shellcheck disable=SC2086 # one word for each
    [ -z "$images" ] || docker save $images | gzip -1 >"$archive.new"
    [ -z "$images" ] || mv "$archive.new" "$archive"
    ;;
load) [ ! -f "$archive" ] || docker load --input "$archive" ;;
*)
    echo "usage: $0 save|load" >&2
    exit 2
    ;;
esac
