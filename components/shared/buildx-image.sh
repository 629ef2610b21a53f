#!/bin/sh
# Prints the reference by which Docker runs the image BUILT_IMAGE: its ID or, if PUSHED is set, its digest in the registry.

set -eu

if [ -z "$PUSHED" ]; then
    exec docker image inspect --format '{{.Id}}' "$BUILT_IMAGE"
fi
case ${BUILT_IMAGE##*/} in
    *:*) repository=${BUILT_IMAGE%:*} ;;
    *) repository=$BUILT_IMAGE ;;
esac
# Docker omits docker.io.
repository=${repository#index.}
repository=${repository#docker.io/}
digests=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$BUILT_IMAGE")
for digest in $digests; do
    case $digest in
        "${repository#library/}@"*) echo "$digest" && exit ;;
    esac
done
echo "the push left no digest for $BUILT_IMAGE: run the update again" >&2
exit 1
