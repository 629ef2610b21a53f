#!/usr/bin/env bash
# Brings a stack up, repairing first what a killed update may have left.
set -euo pipefail
. "$(dirname "$0")/common.sh"

select_stack
node "$root/scripts/repair.ts" "$project" "$stack" up
pulumi up --yes --skip-preview --stack "$stack" || {
    status=$?
    node "$root/scripts/failure.ts" "$stack" || true
    exit "$status"
}
node "$root/scripts/summary.ts" "$stack"
