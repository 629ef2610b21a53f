#!/usr/bin/env bash
# Mutation testing with Stryker of the rules that protect data and refuse bad arguments, or of the files given. A file may have a
# range of lines: components/shared/links.ts:165-192.
#
# Stryker changes a file in one place at a time, and expects that a test with the file's name fails. Each file has a run of its
# own: after a change of what a module does when it is loaded, Stryker runs all tests of the run.
set -euo pipefail
cd "$(dirname "$0")/.."
. toolchain/setup/common.sh
. ./env

# See tests/unit/stack-traces.ts.
export STACK_TRACE_LIMIT=${STACK_TRACE_LIMIT:-0}

files=(
    components/shared/{connection,links,names,validation}.ts
    cli/pr/resources/{container,database-name,file,mounts,password,redis-config,server-version,volume}.ts
)
[ $# = 0 ] || files=("$@")
for file in "${files[@]}"; do
    say "→ Mutants of $file"
    MUTATED_FILE=${file%%:*} stryker run tests/stryker.config.mjs --mutate "$file"
done
