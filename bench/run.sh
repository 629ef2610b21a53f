#!/usr/bin/env bash
# Measures Drydock, and writes the tables of README.md. `--quick` runs two rounds instead of five.
set -euo pipefail
cd "$(dirname "$0")/.."
. toolchain/setup/common.sh
. ./env

rounds=5
[ "${1:-}" != --quick ] || rounds=2
compose=$(bench/compose/build.sh)

# A copy of the project, with the npm packages, the compiled library and the toolchain of this one.
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git ls-files -z -co --exclude-standard --deduplicate |
    tar --create --null --files-from=- --ignore-failed-read --warning=no-failed-read | tar --extract --directory "$clone"
ln -s "$root/node_modules" "$clone/node_modules"
mkdir -p "$clone/.drydock/state"
cp "$local_dir/toolchain" "$clone/.drydock/toolchain"

node bench/projects.ts "$clone/projects"
node bench/measure.ts "$rounds" "$clone" "$compose" "$clone/results"
node bench/report.ts "$clone/results"
oxfmt bench/README.md
