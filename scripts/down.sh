#!/usr/bin/env bash
# Takes a stack down, and removes it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

if ! pulumi stack select "$stack" 2>/dev/null; then
    say "There is no stack $stack here: nothing to take down."
    exit 0
fi
node "$root/scripts/repair.mts" "$project" "$stack"
pulumi destroy --yes --skip-preview --stack "$stack"
pulumi stack rm --yes --preserve-config --stack "$stack"
# Settings of a pull request's environment are nobody's; those of other stacks somebody wrote.
case $stack in pr-* | preview-*) rm -f "Pulumi.$stack.yaml" ;; esac
