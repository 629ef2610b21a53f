#!/usr/bin/env bash
# Removes the local cluster: its nodes and everything on them, its registries and its network.
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

# Removes the state of stacks whose resources were on the cluster, as they could not be destroyed any more. Keeps stacks that
# have been configured for another host since.
forget_stacks() (
    . ./env
    export PULUMI_BACKEND_URL="file://$root/.drydock/state?metadata=skip"
    for state in ".drydock/state/.pulumi/stacks/$(sed -n 's/^name: //p' Pulumi.yaml)"/*.json; do
        grep -q "unix://$sockets/" "$state" 2>/dev/null || continue
        stack=$(basename "$state" .json)
        case $(pulumi config get docker:host --stack "$stack" 2>/dev/null) in "unix://$sockets/"*) ;; *) continue ;; esac
        say "→ Removing the state of stack $stack, which was on the cluster"
        pulumi stack rm --force --yes --preserve-config --stack "$stack" >/dev/null
    done
)

if [ -n "$(containers)" ]; then
    say "This removes all data on $swarm."
    step "Removing $swarm" remove || die "Parts of $swarm could not be removed: run this again."
else
    remove >/dev/null
    say "There is no local cluster $swarm."
fi
forget_stacks
