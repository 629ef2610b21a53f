#!/usr/bin/env bash
# Makes the README's images: brings the dev stack up in a clone, previews change.patch on it, and renders the summary
# as a pull request shows it.
set -euo pipefail
cd "$(dirname "$0")/../.."
toolchain/setup/chromium.sh
. ./env
npm ci --silent --no-fund --prefix docs/images

clone=$(mktemp -d)
trap '(cd "$clone" && make down STACK=test); rm -rf "$clone"' EXIT
git clone --quiet --shared . "$clone"
ln -s "$PWD/node_modules" "$clone/node_modules"
mkdir -p "$clone/.drydock/state"
cp .drydock/toolchain "$clone/.drydock/"
out=$PWD/docs/images
(
    cd "$clone"
    # The state of the clone, whatever the user's backend is.
    export PULUMI_BACKEND_URL=file://$clone/.drydock/state
    make up STACK=test
    git checkout --quiet -b sessions
    git apply "$out/change.patch"
    git -c user.name=drydock -c user.email=drydock@localhost commit --quiet --all --message 'Sessions in memory'
    make preview-pr STACK=test HEAD=sessions OUT="$clone/summary.md" || grep -q 'Data at risk' "$clone/summary.md"
)
CHROMIUM=$(command -v chromium) node docs/images/render.ts "$clone/summary.md" "$out"
