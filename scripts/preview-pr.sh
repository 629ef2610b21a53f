#!/usr/bin/env bash
# What a branch would do to an environment that runs its base (preview/main.ts says how it ends); with the word
# `comment`, puts that on the pull request.
set -euo pipefail
cd "$(dirname "$0")/.."
# What the user has set, before ./env sets what is missing.
export GIVEN_BACKEND=${PULUMI_BACKEND_URL:-}

# The branch's set-up and build, whose failure is a summary too.
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

exec node "preview/${1:-main}.ts"
