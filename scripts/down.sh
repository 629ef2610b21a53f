#!/usr/bin/env bash
# Takes a stack down, and removes it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

if ! has_stack; then
    say "There is no stack $stack here: nothing to take down."
    exit 0
fi
node "$root/scripts/repair.ts" "$project" "$stack" down
# What somebody has removed from a Swarm by hand is no longer there to be deleted, which the provider takes for an error:
# a refresh tells of it.
refresh=
! pulumi stack export --stack "$stack" | grep '"docker:index/service:Service"' >/dev/null || refresh=--refresh
pulumi destroy --yes --skip-preview $refresh --stack "$stack"
pulumi stack rm --yes --preserve-config --stack "$stack"
disown_stack
# The settings that `make up` has written go too; those that somebody has written stay.
settings=Pulumi.$stack.yaml
if ! git ls-files --error-unmatch "$settings" >/dev/null 2>&1 &&
    ! grep -qvE "^(encryptionsalt: .*|config:|  $project:port: \"?0\"?)$" "$settings" 2>/dev/null; then
    rm -f "$settings"
fi
