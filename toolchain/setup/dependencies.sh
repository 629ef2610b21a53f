#!/usr/bin/env bash
# Installs the npm packages, including the Node version that runs Pulumi programs.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# Makes `drydock` available in a shell that has sourced ./env.
link_command() { ln -sfn ../../cli/bin.ts "$root/node_modules/.bin/drydock"; }

# Written after npm has finished, so that an interrupted installation is repeated.
installed=$root/node_modules/.drydock-installed
wanted=$(digest_of "$root/package-lock.json")
if [ "$(cat "$installed" 2>/dev/null)" = "$wanted" ]; then
    link_command
    exit 0
fi

command -v npm >/dev/null || die 'npm is not installed: install Node.js 20 or newer (https://nodejs.org), then try again.'
node_version=$(node --version | sed 's/^v//')
[ "${node_version%%.*}" -ge 20 ] || die "Node.js $node_version is too old: install 20 or newer, then try again."
require_space 2 "$root" 'installing npm packages'
cd "$root"
rm -f "$installed"
step 'Installing npm packages (into node_modules)' \
    npm ci --include=dev --ignore-scripts=false --loglevel=error --cache "$cache_dir/npm" ||
    die 'npm could not install the packages: check with `npm ping` that the npm registry is reachable.'
printf '%s' "$wanted" >"$installed"
link_command
