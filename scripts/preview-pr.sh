#!/usr/bin/env bash
# Previews what a branch changes in an environment that runs its base (cli/pr/main.ts documents the exit codes). With
# the argument `comment`, comments it on the pull request.
set -euo pipefail
cd "$(dirname "$0")/.."
# The user's own setting, before ./env sets a default.
export GIVEN_BACKEND=${PULUMI_BACKEND_URL:-}

# Sets up and builds the branch. A failure becomes the summary.
prepare() {
    local out=${OUT:-.drydock/preview.md} log=.drydock/preview.log
    mkdir -p .drydock "$(dirname "$out")"
    { toolchain/setup/all.sh && scripts/build.sh; } 2>&1 | tee "$log" && return
    {
        printf '<!-- drydock-preview -->\n## ✗ The branch cannot be built\n\n```text\n'
        tail -n 40 "$log" | tail -c 8000 | sed 's/```/---/g'
        printf '```\n'
    } >"$out"
    printf 'The summary is in %s\n' "$out" >&2
    return 1
}

[ "${1:-}" = comment ] || prepare
. scripts/common.sh

exec node "cli/pr/${1:-main}.ts"
