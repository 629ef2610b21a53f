#!/bin/sh
# Makes a volume or directory writable for the user that an application runs as: runs own-data.sh in a container.
#
# IMAGE       image of the application
# APP_USER    user that the application runs as; empty for the image's user
# SOURCE      the volume, or the directory of the host. Docker creates a directory that does not exist
# TARGET      path in the container
# KIND        `volume`, or the path of the directory
# OWN_DATA    content of own-data.sh
# LABELS      labels of the container, one on each line

set -eu

user=$APP_USER
[ -n "$user" ] || user=$(docker image inspect --format '{{.Config.User}}' "$IMAGE")
# Root can write to everything.
case $user in '' | root | root:* | 0 | 0:*) exit ;; esac

IFS='
'
for label in $LABELS; do set -- "$@" --label "$label"; done
docker run --rm --network none --user 0:0 --security-opt no-new-privileges \
    --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER \
    "$@" --volume "$SOURCE:$TARGET" --entrypoint sh "$IMAGE" -c "$OWN_DATA" sh "$user" "$TARGET" "$KIND"
