#!/usr/bin/env bash
# A machine of a rehearsal: a Docker Engine in a container, with its data on a volume that goes with it. One that
# is there already is started, if need be. Its socket is FOLDER/docker.sock.
# Usage: swarm/node.sh NAME FOLDER [docker run options...]; DOCKERD_OPTIONS in a variable of the container.
set -euo pipefail
. "$(dirname "$0")/../toolchain/setup/common.sh"

name=$1 folder=$2
shift 2

# The kernel's limit on the name of a socket, for whoever connects to it.
[ "${#folder}" -le 95 ] ||
    die "$folder is too long a path for a socket: use a shorter one, or one relative to where you are"

# The host's network and proxy, because with them apt reaches its mirror.
build() {
    step "Building a machine's image" docker build --tag drydock/node --network host \
        --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy "$root/swarm/node" ||
        die "the image could not be built: see that apt-get update reaches its mirrors, then run this again"
}

running() { [ "$(docker inspect --format '{{.State.Running}}' "$name")" = true ]; }
answers() { DOCKER_HOST=unix://$folder/docker.sock timeout 10 docker version >/dev/null 2>&1; }

mkdir -p "$folder"
case $(docker inspect --format '{{.State.Status}}' "$name" 2>/dev/null) in
    '')
        build
        # What an engine needs, in place of --privileged, which not every machine can give. Whoever may use this
        # machine's Docker may use the engine.
        docker run --detach --name "$name" --hostname "$name" \
            --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add SYS_PTRACE --device-cgroup-rule 'a *:* rwm' \
            --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
            --volume /sys/fs/cgroup:/sys/fs/cgroup --env DOCKER_ALLOW_IPV6_ON_IPV4_INTERFACE=1 \
            --env "SOCKET_GROUP=$(id -g)" --volume "$(realpath "$folder"):/run/node" "$@" drydock/node >/dev/null
        ;;
    running)
        answers && exit 0
        # Where the socket's folder was removed, the container has it again only after a start.
        [ -S "$folder/docker.sock" ] || docker restart "$name" >/dev/null
        ;;
    *) docker start "$name" >/dev/null ;;
esac

for _ in $(seq 60); do
    answers && exit 0
    running || break
    sleep 0.5
done
docker logs --tail 15 "$name" >&2
running || die "$name does not start: above is what it says."
die "$name runs, but does not answer at $folder/docker.sock: above is what it says. The socket reaches only a machine that runs Docker itself, not one whose Docker is far away or in a virtual machine."
