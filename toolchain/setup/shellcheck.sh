#!/usr/bin/env bash
# Runs shellcheck on shell scripts. Installs it from Debian unless it is installed.
set -euo pipefail
. "$(dirname "$0")/common.sh"

if ! command -v shellcheck >/dev/null; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        say '  shellcheck is not installed: the shell scripts are not checked.'
        exit 0
    fi
    apt_install 'shellcheck' shellcheck
fi
exec shellcheck "$@"
