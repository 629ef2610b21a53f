#!/usr/bin/env bash
# Destroys a stack, and removes it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

if ! has_stack; then
    say "There is no stack $stack: nothing to remove."
    exit 0
fi
node "$root/scripts/repair.ts" "$project" "$stack" down
# The provider fails to delete a service that somebody removed from the Swarm by hand. A refresh notices its absence.
refresh=
! pulumi stack export --stack "$stack" | grep '"docker:index/service:Service"' >/dev/null || refresh=--refresh
pulumi destroy --yes --skip-preview $refresh --stack "$stack"
pulumi stack rm --yes --preserve-config --stack "$stack"
disown_stack
# Also remove the configuration file if `make up` wrote it; keep it if a person did.
config=Pulumi.$stack.yaml
if ! git ls-files --error-unmatch "$config" >/dev/null 2>&1 &&
    ! grep -qvE "^(encryptionsalt: .*|config:|  $project:port: \"?0\"?)$" "$config" 2>/dev/null; then
    rm -f "$config"
fi
