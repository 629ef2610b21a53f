#!/usr/bin/env bash
# jest, over everything or over the paths given.
set -euo pipefail
. "$(dirname "$0")/common.sh"

toolchain/setup/chromium.sh
toolchain/setup/yaml.sh
# Tests install packages as other teams do; npm is to keep its own cache for what the user does.
export npm_config_cache=$cache_dir/npm
say '→ Tests (jest)'
jest "$@"
