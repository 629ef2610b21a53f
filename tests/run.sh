#!/usr/bin/env bash
# Runs tests with jest: those of a project (see jest.config.mjs), or the files given.
set -euo pipefail
cd "$(dirname "$0")/.."
. toolchain/setup/common.sh
. ./env

toolchain/setup/chromium.sh
toolchain/setup/yaml.sh
# Tests install packages as other teams do. Leave the user's npm cache alone.
export npm_config_cache=$cache_dir/npm
say '→ Tests (jest)'
# More than the cores of a small machine: end-to-end tests mostly wait for Docker and for health checks.
jest --maxWorkers=3 "$@"
