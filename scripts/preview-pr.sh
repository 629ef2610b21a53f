#!/usr/bin/env bash
# What a branch would do to an environment that runs its base; preview/main.ts says how it ends.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# In place of ts-node's check of types, which `make lint` has done.
exec ts-node --transpile-only preview/main.ts
