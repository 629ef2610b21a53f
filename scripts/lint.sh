#!/usr/bin/env bash
# Formatter, linter and types.
set -euo pipefail
. "$(dirname "$0")/common.sh"

say '→ Formatting (prettier)'
prettier --check --log-level=warn .
say '→ Lint rules (eslint)'
eslint --max-warnings=0 .
say '→ Types (tsc)'
for project in . tsconfig.examples.json toolchain; do tsc --project "$project"; done
say '→ Workflows (actionlint)'
if command -v go >/dev/null; then
    toolchain/setup/actionlint.sh
else
    say '  Go is not installed: the workflows are not checked.'
fi
