#!/usr/bin/env bash
# npm's packages, into node_modules; among them the Node 22 that Pulumi's SDK wants.
set -euo pipefail
. "$(dirname "$0")/common.sh"

command -v npm >/dev/null || die 'npm is not installed: install Node.js 20 or newer (https://nodejs.org), then run this again.'
node_version=$(node --version | sed 's/^v//')
[ "${node_version%%.*}" -ge 20 ] || die "Node.js $node_version is too old: install 20 or newer, then run this again."

# npm writes this file last, so an interrupted installation is seen as one.
installed=$root/node_modules/.drydock-installed
wanted=$(digest_of "$root/package-lock.json")
[ "$(cat "$installed" 2>/dev/null)" = "$wanted" ] && exit 0

require_space 2 "$root" 'installing npm packages'
cd "$root"
rm -f "$installed"
step 'Installing npm packages (into node_modules)' \
    npm ci --include=dev --ignore-scripts=false --loglevel=error --cache "$cache_dir/npm" ||
    die 'npm could not install the packages: is the npm registry reachable? `npm ping` tells.'
printf '%s' "$wanted" >"$installed"
