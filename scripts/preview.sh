#!/usr/bin/env bash
# Shows what `make up` would change.
set -euo pipefail
. "$(dirname "$0")/common.sh"

select_stack
pulumi preview --diff --stack "$stack"
