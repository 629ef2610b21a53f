#!/bin/sh
# Removes a volume from all nodes that are up, by a job on each. Names the nodes that still have it.
#
# VOLUME          name of the volume
# IMAGE, SOCKET   of the job: image with the docker command, and Docker socket of the node

set -eu

# A container of the removed service may still be stopping.
job=$(docker service create --detach --quiet --no-resolve-image --mode global-job \
    --restart-condition on-failure --restart-delay 1s --restart-max-attempts 60 \
    --mount "type=bind,source=$SOCKET,target=$SOCKET" "$IMAGE" docker volume rm --force "$VOLUME")
trap 'docker service rm "$job" >/dev/null' EXIT
attempts=120
while [ "$attempts" -gt 0 ]; do
    attempts=$((attempts - 1))
    complete=$(docker service ps "$job" --format '{{.CurrentState}} {{.Node}}' | sed -n 's/^Complete.* //p')
    remaining=
    for node in $(docker node ls --format '{{if and (eq .Status "Ready") (eq .Availability "Active")}}{{.Hostname}}{{end}}'); do
        printf '%s\n' "$complete" | grep -qxF -e "$node" || remaining="$remaining $node"
    done
    [ -n "$remaining" ] || exit 0
    sleep 0.5
done
echo "The volume $VOLUME could not be removed from$remaining. It has no data that is needed. Remove it there: docker volume rm $VOLUME" >&2
