# shellcheck shell=bash
# Functions for the scripts of the local cluster. Sourced, not run. Changes to the repository's directory: relative paths keep
# the path of a socket short.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
. toolchain/setup/common.sh

sockets=.drydock/swarm
# A clone has at most one local cluster. Its name is recorded in a file.
remembered=$(cat $sockets/name 2>/dev/null || true)
swarm=${SWARM:-${remembered:-drydock-swarm}}
label=drydock.swarm=$swarm
nodes='1 2 3'

[[ $swarm =~ ^[a-z0-9][a-z0-9-]*$ ]] || die "SWARM is '$swarm': use lowercase letters, digits and dashes."
[ "$swarm" = "${remembered:-$swarm}" ] ||
    die "The local cluster of this clone is $remembered, not $swarm: run \`make swarm-down\` without SWARM first."
owner=$(docker inspect --format '{{index .Config.Labels "drydock.clone"}}' "$swarm-1" 2>/dev/null || true)
[ ! -d "${owner:-$root}" ] || [ "${owner:-$root}" = "$root" ] ||
    die "The local cluster $swarm belongs to the clone in $owner: choose another name with SWARM=NAME."

socket() { [ "$1" = 1 ] && echo "$sockets" || echo "$sockets/node-$1"; }

# on N ARGUMENT...: runs docker on the engine of node N.
on() {
    local node=$1
    shift
    docker --host "unix://$(socket "$node")/docker.sock" "$@"
}
