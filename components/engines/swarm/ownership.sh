#!/bin/sh
# Makes a volume or directory writable for the user that an application runs as: runs own-data.sh in a job on the node that
# has the data. Comes after job.sh.
#
# IMAGE        image of the application
# APP_USER     user that the application runs as; empty for the image's user
# SOURCE       the volume, or the directory of the node
# TARGET       path in the container
# KIND         `volume`, or the path of the directory
# OWN_DATA     content of own-data.sh
# LABELS       labels of the job, one on each line
# NODE_LABEL   label of the node that has the data

set -eu

docker image inspect "$IMAGE" >/dev/null 2>&1 || docker pull --quiet "$IMAGE" >/dev/null
user=$APP_USER
[ -n "$user" ] || user=$(docker image inspect --format '{{.Config.User}}' "$IMAGE")
# Root can write to everything.
case $user in '' | root | root:* | 0 | 0:*) exit ;; esac

IFS='
'
for label in $LABELS; do set -- "$@" --label "$label"; done
type=bind
[ "$KIND" != volume ] || type=volume
run_job "$@" --constraint "node.labels.$NODE_LABEL==true" --mount "type=$type,source=$SOURCE,target=$TARGET" \
    --user 0:0 --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER \
    --entrypoint sh "$IMAGE" -c "$OWN_DATA" sh "$user" "$TARGET" "$KIND"
