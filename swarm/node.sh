#!/usr/bin/env bash
# A machine of a rehearsal: a Docker Engine in a container, with its data on a volume that goes with it.
# Usage: swarm/node.sh NAME FOLDER [docker run options...]; its socket is FOLDER/docker.sock.
set -euo pipefail
. "$(dirname "$0")/../toolchain/setup/common.sh"

name=$1 folder=$2
shift 2

# The host's network and proxy, because with them apt reaches its mirror.
step "Building a machine's image" docker build --tag drydock/node --network host \
    --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy "$root/swarm/node" ||
    die "the image could not be built: see that apt-get update reaches its mirrors, then run this again"

# What an engine needs, in place of --privileged, which not every machine can give.
docker run --detach --name "$name" --hostname "$name" \
    --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add SYS_PTRACE --device-cgroup-rule 'a *:* rwm' \
    --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
    --volume /sys/fs/cgroup:/sys/fs/cgroup --env DOCKER_ALLOW_IPV6_ON_IPV4_INTERFACE=1 \
    --volume "$folder:/run/node" "$@" drydock/node >/dev/null

for _ in $(seq 60); do
    DOCKER_HOST=unix://$folder/docker.sock docker version >/dev/null 2>&1 && exit 0
    sleep 0.5
done
docker logs --tail 15 "$name" >&2
die "$name does not start: above is what it says."
