#!/usr/bin/env bash
# Formatter, linter and types.
set -euo pipefail
. "$(dirname "$0")/common.sh"

say '→ Formatting (prettier)'
prettier --check --log-level=warn .
say '→ Lint rules (eslint)'
eslint --max-warnings=0 .
say '→ Types (tsc)'
tsc --noCheck false --project .
say '→ Workflows (actionlint)'
if command -v go >/dev/null; then
    actionlint=$cache_dir/actionlint-$(digest_of toolchain/actionlint/go.sum)
    [ -x "$actionlint" ] ||
        step 'Building actionlint (a Go module)' go build -C toolchain/actionlint -o "$actionlint" github.com/rhysd/actionlint/cmd/actionlint ||
        die 'actionlint could not be built: is the Go module proxy reachable?'
    "$actionlint"
else
    say '  Go is not installed: the workflows are not checked.'
fi
