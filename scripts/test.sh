#!/usr/bin/env bash
# jest, over everything or over the paths given.
set -euo pipefail
. "$(dirname "$0")/common.sh"

toolchain/setup/chromium.sh
toolchain/setup/yaml.sh
say '→ Tests (jest)'
jest "$@"
