#!/usr/bin/env bash
# What `make up` would change. Touches nothing.
set -euo pipefail
. "$(dirname "$0")/common.sh"

select_stack
pulumi preview --diff --stack "$stack"
