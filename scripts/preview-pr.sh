#!/usr/bin/env bash
# What a branch would do to an environment that runs its base (preview/main.ts says how it ends); with the word
# `comment`, puts that on the pull request.
set -euo pipefail
# What the user has set, before ./env sets what is missing.
export GIVEN_BACKEND=${PULUMI_BACKEND_URL:-}
. "$(dirname "$0")/common.sh"

# `make lint` has checked the types.
exec ts-node --transpile-only "preview/${1:-main}.ts"
