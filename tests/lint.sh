#!/usr/bin/env bash
# Formatter, types, linters.
set -euo pipefail
cd "$(dirname "$0")/.."
. toolchain/setup/common.sh
. ./env

say '→ Formatting (oxfmt)'
oxfmt --check
say '→ Types and lint rules (oxlint)'
oxlint --max-warnings=0
# The settings of the examples turn off the check of types, as Pulumi would do it at each start.
tsc --project tests/tsconfig.examples.json --incremental --tsBuildInfoFile node_modules/.cache/tsc/examples
say '→ Shell scripts (shellcheck)'
# SC1091: files that are only in containers. SC2015: `A && B || C` where B cannot fail. SC2231: globs below a path
# without spaces. SC2317, SC2329: functions that a trap calls.
find components -name '*.sh' -exec toolchain/setup/shellcheck.sh --exclude=SC1091,SC2015,SC2231,SC2317,SC2329 {} +
# SC1090: init scripts that Postgres sources. SC2034, SC2154: variables that sourced scripts share.
git ls-files '*.sh' ':!components' | xargs toolchain/setup/shellcheck.sh \
    --external-sources --source-path=SCRIPTDIR --severity=warning --exclude=SC1090,SC2034,SC2154
say '→ Workflows (actionlint)'
if command -v go >/dev/null; then
    toolchain/setup/actionlint.sh
else
    say '  Go is not installed: the workflows are not checked.'
fi
