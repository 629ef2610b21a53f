#!/usr/bin/env bash
# Measures Pulumi with many services on a fake Docker daemon, and prints a Markdown table. Cases are arguments:
# `bench/scale/run.sh 50 50/1 50/64` is 50 services with Pulumi's default --parallel, with 1 and with 64.
# ONLY=up,destroy measures these commands only.
set -euo pipefail
cd "$(dirname "$0")/../.."
. toolchain/setup/common.sh
. ./env

[ $# -gt 0 ] || set -- 1 10 50 200 50/1 50/4 50/16 50/64

project=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon"; rm -rf "$project"' EXIT
mkdir -p "$project/bench/scale"
ln -s "$root/node_modules" "$root/components" "$project"
cp bench/scale/program.ts "$project/bench/scale"
cp tsconfig.json "$project"
echo '{ "main": "bench/scale/program.ts" }' >"$project/package.json"
cat >"$project/Pulumi.yaml" <<END
name: scale
runtime: { name: nodejs, options: { typescript: false } }
config: { services: { type: integer } }
END
export PULUMI_BACKEND_URL=file://$project PULUMI_CONFIG_PASSPHRASE=scale
# The stack's docker:host is to select the daemon.
unset DOCKER_HOST DOCKER_CONTEXT

node bench/scale/docker.ts "$project/docker.sock" &
daemon=$!
until [ -S "$project/docker.sock" ]; do sleep 0.1; done
node bench/scale/measure.ts "$project" "$@"
