#!/usr/bin/env bash
# node.sh NAME DIRECTORY [docker run option...]: starts a node of a local cluster, a Docker Engine in a container with its data
# on an anonymous volume. Starts an existing node if necessary. The socket is DIRECTORY/docker.sock. The variable
# DOCKERD_OPTIONS of the container holds options for dockerd.
set -euo pipefail
. "$(dirname "$0")/../toolchain/setup/common.sh"

name=$1 directory=$2
shift 2

# The kernel limits the length of a socket's path.
[ "${#directory}" -le 95 ] ||
    die "$directory is too long for the path of a socket: use a shorter or a relative path"

# Uses the host's network and proxy, with which apt reaches its mirror.
build() {
    step "Building the image of the nodes" docker build --tag drydock/node --network host \
        --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy "$root/swarm/node" ||
        die "the image could not be built: check that apt-get update works, then try again"
}

running() { [ "$(docker inspect --format '{{.State.Running}}' "$name")" = true ]; }
answers() { DOCKER_HOST=unix://$directory/docker.sock timeout 10 docker version >/dev/null 2>&1; }

mkdir -p "$directory"
case $(docker inspect --format '{{.State.Status}}' "$name" 2>/dev/null) in
    '')
        build
        # The privileges that Docker Engine needs, as --privileged is not available everywhere. The group of the current
        # user gets access to the socket.
        docker run --detach --name "$name" --hostname "$name" \
            --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add SYS_PTRACE --device-cgroup-rule 'a *:* rwm' \
            --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
            --volume /sys/fs/cgroup:/sys/fs/cgroup --env DOCKER_ALLOW_IPV6_ON_IPV4_INTERFACE=1 \
            --env "SOCKET_GROUP=$(id -g)" --volume "$(realpath "$directory"):/run/node" "$@" drydock/node >/dev/null
        ;;
    running)
        answers && exit 0
        # If the socket's directory was removed, only a restart mounts it again.
        [ -S "$directory/docker.sock" ] || docker restart "$name" >/dev/null
        ;;
    *) docker start "$name" >/dev/null ;;
esac

for _ in $(seq 60); do
    answers && exit 0
    running || break
    sleep 0.5
done
docker logs --tail 15 "$name" >&2
running || die "$name does not start: see its log above."
die "$name is running but does not answer at $directory/docker.sock: see its log above. The socket works only if Docker runs directly on this machine, not remotely or in a virtual machine."
