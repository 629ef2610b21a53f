#!/usr/bin/env bash
# A Chromium for the browser tests: the one that is there, else Debian's.
set -euo pipefail
. "$(dirname "$0")/common.sh"

command -v chromium >/dev/null && exit 0
[ "$(id -u)" -eq 0 ] || die 'The browser tests need Chromium, and installing it takes root: `sudo apt-get install chromium`, then run this again.'
command -v apt-get >/dev/null || die 'The browser tests need a program called chromium on PATH: install it, then run this again.'
apt_install 'Chromium for the browser tests' chromium
