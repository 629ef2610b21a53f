#!/usr/bin/env bash
# Runs actionlint, which checks the workflows; its first run builds it from its Go module.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/go.sh"

module=$root/toolchain/actionlint
built=$cache_dir/actionlint-$(digest_of "$module"/go.*)/actionlint
if [ ! -x "$built" ]; then
    lock_cache
    require_go "$module" actionlint
    step 'Building actionlint from its Go module' build_go "$module" github.com/rhysd/actionlint/cmd/actionlint "$built" ||
        die 'actionlint could not be built: is the Go module proxy reachable? `go env GOPROXY` tells which it is.'
fi
exec "$built" "$@"
