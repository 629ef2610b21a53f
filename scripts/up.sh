#!/usr/bin/env bash
# Brings a stack up. First repairs what a killed update may have left.
set -euo pipefail
. "$(dirname "$0")/common.sh"

if [ -s "$state_dir/.pulumi/stacks/$project/$stack.json" ]; then
    # The stack exists: select it while repair.ts works.
    pulumi stack select --non-interactive "$stack" >/dev/null 2>&1 &
else
    select_stack
fi
DATABASES_BEFORE=$(mktemp)
export DATABASES_BEFORE
trap 'rm -f "$DATABASES_BEFORE"' EXIT
node "$root/scripts/repair.ts" "$project" "$stack" up
pulumi up --yes --skip-preview --stack "$stack" || {
    status=$?
    node "$root/scripts/failure.ts" "$project" "$stack" || true
    exit "$status"
}
node "$root/scripts/summary.ts" "$project" "$stack"
