#!/usr/bin/env bash
# Brings a stack up, repairing first what a killed update may have left.
set -euo pipefail
. "$(dirname "$0")/common.sh"

select_stack
node "$root/scripts/repair.mts" "$project" "$stack" up
pulumi up --yes --skip-preview --stack "$stack"
node "$root/scripts/summary.mts" "$stack"
