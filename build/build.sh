#!/usr/bin/env bash
# The library as other teams install it: compiled into dist/, and found by its name from the examples.
set -euo pipefail
cd "$(dirname "$0")/.."
. toolchain/setup/common.sh
. ./env

ln -sfn .. node_modules/pulumi-drydock
built=dist/.digest
wanted=$(find cli components policies provider testing build tsconfig.json package.json package-lock.json -type f | sort | xargs sha256sum | sha256sum | cut -c 1-12)
[ "$(cat "$built" 2>/dev/null)" = "$wanted" ] && exit 0
rm -rf dist
compile() { tsc --project build && node build/compile.ts; }
step 'Compiling the library (into dist)' compile || die 'The library does not compile: above is why.'
printf '%s' "$wanted" >"$built"
