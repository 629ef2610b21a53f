#!/usr/bin/env bash
# Removes the rehearsal: its machines with all that runs on them, its registries, its network.
set -euo pipefail
. "$(dirname "$0")/common.sh"

containers() { docker ps --all --quiet --filter "label=$label"; }

remove() {
    local found
    found=$(containers)
    # shellcheck disable=SC2086 # one word for each
    [ -z "$found" ] || docker rm --force --volumes $found
    docker network ls --quiet --filter "name=^$swarm(-probe)?\$" | xargs --no-run-if-empty docker network rm
    rm -rf "$sockets"
}

if [ -n "$(containers)" ]; then
    say "The data of what runs in $swarm goes with it."
    step "Removing $swarm" remove || die "Something of $swarm is still there: run this again."
else
    remove >/dev/null
    say "There is no rehearsal $swarm here: nothing to remove."
fi
