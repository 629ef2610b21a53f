#!/usr/bin/env bash
# actionlint, which checks the workflows, from its Go module; only `make lint` needs it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

built=$cache_dir/actionlint/$(digest_of "$root/toolchain/actionlint/go.sum")
[ ! -x "$built/actionlint" ] || exit 0
mkdir -p "$built"
step 'Building actionlint (a Go module)' \
    go build -C "$root/toolchain/actionlint" -o "$built/actionlint" github.com/rhysd/actionlint/cmd/actionlint ||
    die 'actionlint could not be built: is the Go module proxy reachable? `go env GOPROXY` tells which it is.'
