#!/usr/bin/env bash
# Installs everything that the project needs. Each step is a script that exits at once if there is nothing to do.
set -euo pipefail
here=$(dirname "$0")
. "$here/common.sh"
lock_cache

"$here/dependencies.sh"
"$here/docker.sh"
"$here/pulumi.sh"
"$here/buildx.sh"
"$here/../images/build.sh"
