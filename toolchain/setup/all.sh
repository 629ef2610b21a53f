#!/usr/bin/env bash
# All that a run needs, each step in a script of its own that ends at once when its work is done already.
set -euo pipefail
here=$(dirname "$0")
. "$here/common.sh"
lock_cache

"$here/dependencies.sh"
"$here/docker.sh"
"$here/pulumi.sh"
"$here/../images/build.sh"
