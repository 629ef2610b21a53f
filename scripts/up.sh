#!/usr/bin/env bash
# Brings a stack up, repairing first what a killed update may have left.
set -euo pipefail
. "$(dirname "$0")/common.sh"

select_stack
node scripts/repair.mts "$project" "$stack"
pulumi up --yes --skip-preview --stack "$stack"
node scripts/summary.mts "$stack"
