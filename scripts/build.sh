#!/usr/bin/env bash
# The library as other teams install it: compiled into dist/, and found by its name from the examples.
set -euo pipefail
. "$(dirname "$0")/common.sh"

ln -sfn .. node_modules/drydock
built=dist/.digest
wanted=$(find components policies provider testing tsconfig.build.json tsconfig.json package-lock.json -type f | sort | xargs cat | sha256sum | cut -c 1-12)
[ "$(cat "$built" 2>/dev/null)" = "$wanted" ] && exit 0
rm -rf dist
step 'Compiling the library (into dist)' tsc --project tsconfig.build.json || die 'The library does not compile: above is why.'
# What the compiler leaves out: scripts that containers run.
cp components/*.sh dist/components/
printf '%s' "$wanted" >"$built"
