#!/bin/sh
# Removes a volume from all nodes that are up and active, with a job on each. Lists the others, which may still have it.
#
# VOLUME   name of the volume
# IMAGE    image of the job, with the docker command
# SOCKET   Docker socket of the node

set -eu

# A container of the removed service may still be stopping.
job=$(docker service create --detach --quiet --no-resolve-image --mode global-job \
    --restart-condition on-failure --restart-delay 1s --restart-max-attempts 60 \
    --mount "type=bind,source=$SOCKET,target=$SOCKET" "$IMAGE" docker volume rm --force "$VOLUME")
trap 'docker service rm "$job" >/dev/null' EXIT
attempts=120
while :; do
    attempts=$((attempts - 1))
    complete=$(docker service ps "$job" --format '{{.CurrentState}} {{.Node}}' | sed -n 's/^Complete.* //p')
    remaining=
    is_waiting=
    nodes=$(docker node ls --format '{{.Hostname}}={{.Status}} {{.Availability}}')
    while IFS='=' read -r node state; do
        ! printf '%s\n' "$complete" | grep -qxF -e "$node" || continue
        remaining="$remaining $node"
        [ "$state" != 'Ready Active' ] || is_waiting=yes
    done <<END
$nodes
END
    if [ -z "$is_waiting" ] || [ "$attempts" -le 0 ]; then break; fi
    sleep 0.5
done
[ -z "$remaining" ] ||
    echo "The volume $VOLUME could not be removed from$remaining. It may contain private keys and password hashes. Remove it there: docker volume rm $VOLUME" >&2
