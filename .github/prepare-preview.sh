#!/usr/bin/env bash
# Sets up and builds a branch for preview.yml. A failure becomes the summary that is posted to the pull request.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .drydock
make build 2>&1 | tee .drydock/build.log && exit
{
    printf '<!-- drydock-preview -->\n## ✗ The branch cannot be built\n\n```text\n'
    tail -n 40 .drydock/build.log | tail -c 8000 | sed 's/```/---/g'
    printf '```\n'
} >.drydock/preview.md
exit 1
