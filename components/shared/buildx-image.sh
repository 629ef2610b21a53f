#!/bin/sh
# Prints how Docker runs the image BUILT_IMAGE: by its ID, or if PUSHED is set, by its digest in the registry.

if [ -z "$PUSHED" ]; then
    exec docker image inspect --format '{{.Id}}' "$BUILT_IMAGE"
fi
case ${BUILT_IMAGE##*/} in
    *:*) repository=${BUILT_IMAGE%:*} ;;
    *) repository=$BUILT_IMAGE ;;
esac
# Docker leaves its own registry out.
repository=${repository#index.}
repository=${repository#docker.io/}
docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$BUILT_IMAGE" |
    grep -F "${repository#library/}@" | head -n 1
