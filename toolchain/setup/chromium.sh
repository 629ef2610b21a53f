#!/usr/bin/env bash
# Installs Chromium for the browser tests, from Debian unless there is one.
set -euo pipefail
. "$(dirname "$0")/common.sh"

command -v chromium >/dev/null && exit 0
[ "$(id -u)" -eq 0 ] || die 'The browser tests need Chromium, and installing it requires root: run `sudo apt-get install chromium`, then try again.'
command -v apt-get >/dev/null || die 'The browser tests need the command chromium on PATH: install it, then try again.'
apt_install 'Chromium for the browser tests' chromium
