#!/usr/bin/env bash
# Runs actionlint, which checks the GitHub workflows. Builds it from its Go module on the first run.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/go.sh"

module=$root/toolchain/actionlint
built=$cache_dir/actionlint-$(digest_of "$module"/go.*)/actionlint
if [ ! -x "$built" ]; then
    lock_cache
    go_program actionlint "$module" github.com/rhysd/actionlint/cmd/actionlint "$built"
fi
exec "$built" "$@"
