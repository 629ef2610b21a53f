#!/usr/bin/env bash
# Removes the rehearsal: its machines with all that runs on them, its registries, its network.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. swarm/network.sh

containers() { docker ps --all --quiet --filter "label=$label"; }

remove() {
    local found
    found=$(containers)
    # shellcheck disable=SC2086 # one word for each
    [ -z "$found" ] || docker rm --force --volumes $found
    remove_own_networks
    rm -rf "$sockets"
}

# What a stack has had there is gone: one that still says otherwise could not even be taken down. One whose settings
# name other machines by now is theirs.
forget_stacks() (
    . ./env
    export PULUMI_BACKEND_URL=file://$root/.drydock/state?metadata=skip
    for state in ".drydock/state/.pulumi/stacks/$(sed -n 's/^name: //p' Pulumi.yaml)"/*.json; do
        grep -q "unix://$sockets/" "$state" 2>/dev/null || continue
        stack=$(basename "$state" .json)
        case $(pulumi config get docker:host --stack "$stack" 2>/dev/null) in "unix://$sockets/"*) ;; *) continue ;; esac
        say "→ Forgetting the stack $stack, which was there"
        pulumi stack rm --force --yes --preserve-config --stack "$stack" >/dev/null
    done
)

if [ -n "$(containers)" ]; then
    say "The data of what runs in $swarm goes with it."
    step "Removing $swarm" remove || die "Something of $swarm is still there: run this again."
else
    remove >/dev/null
    say "There is no rehearsal $swarm here: nothing to remove."
fi
forget_stacks
