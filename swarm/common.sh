# Shared by the scripts of the rehearsal. Sourced, not run, from the project's folder: a path relative to it
# names a socket however deep the folder lies.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. toolchain/setup/common.sh

sockets=.drydock/swarm
# A clone has one rehearsal, and remembers its name.
remembered=$(cat $sockets/name 2>/dev/null || true)
swarm=${SWARM:-${remembered:-drydock-swarm}}
label=drydock.swarm=$swarm
nodes='1 2 3'

[[ $swarm =~ ^[a-z0-9][a-z0-9-]*$ ]] || die "SWARM is '$swarm': use lower-case letters, digits and dashes."
[ "$swarm" = "${remembered:-$swarm}" ] ||
    die "This clone's rehearsal is $remembered, not $swarm: run \`make swarm-down\` without SWARM first."
owner=$(docker inspect --format '{{index .Config.Labels "drydock.clone"}}' "$swarm-1" 2>/dev/null || true)
[ ! -d "${owner:-$root}" ] || [ "${owner:-$root}" = "$root" ] ||
    die "The rehearsal $swarm belongs to the clone in $owner: give this one a name of its own, SWARM=..."

socket() { [ "$1" = 1 ] && echo "$sockets" || echo "$sockets/node-$1"; }

# on N docker's arguments...: the engine of a node.
on() {
    local node=$1
    shift
    docker --host "unix://$(socket "$node")/docker.sock" "$@"
}
