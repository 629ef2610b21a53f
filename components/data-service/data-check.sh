#!/bin/sh
# Runs INSPECT, the content of inspect-data.sh, in a container of IMAGE, with the volume or directory DATA mounted
# read-only. DATA is empty if only the image is checked. Exits with a message if the service cannot use them.

set -eu
status=0
output=$(docker run --rm --network none --user 0 ${DATA:+--volume "$DATA:/drydock-data:ro"} \
    --env DATA --env PROGRAMS --env VARIABLES --env DATA_FILES --env IGNORED_FILES --env CHECK \
    --entrypoint sh "$IMAGE" -c "$INSPECT" 2>&1) || status=$?
fail() {
    printf '%s\n' "$@" >&2
    exit 1
}
use_official="Use the official $OFFICIAL_IMAGE image or an image built FROM it. Run any other image in a docker.Container."
case $status in
0) ;;
64) fail "The image is not based on the official $OFFICIAL_IMAGE image." "$use_official" ;;
65) fail "$DATA is a file on the Docker host. Name a directory, which Docker creates if it does not exist." ;;
66) fail "$DATA is not empty and does not hold data of $OFFICIAL_IMAGE: $output... Nothing was changed." \
    "Name an empty directory or volume, or one with data of $OFFICIAL_IMAGE." ;;
126 | 127) fail "The image has no shell (sh), which the service and its health check need." "$use_official" ;;
*) fail "$output" ;;
esac
