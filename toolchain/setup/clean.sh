#!/usr/bin/env bash
# Removes what the set-up created in this directory. Keeps the state of stacks that are up, and says so.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$root"

rm -rf node_modules dist .drydock/toolchain .drydock/logs
kept=
# A stack, or what a killed update left of it.
if [ -n "$(find .drydock/state \( -path '*/stacks/*' -o -path '*/locks/*' \) -name '*.json' -print -quit 2>/dev/null)" ]; then
    say 'Kept .drydock/state: it has the state of your stacks. Run `make down` for each, then `make clean` again.'
    kept=yes
fi
if [ -e .drydock/swarm ]; then
    say 'Kept .drydock/swarm: a local cluster is running. Run `make swarm-down`, then `make clean` again.'
    kept=yes
fi
[ -n "$kept" ] || rm -rf .drydock
say "Other clones share the Pulumi that was built in $cache_dir. Remove it with 'rm -rf $cache_dir'."
say 'Docker Engine and its images stay. Remove them with `apt-get remove docker.io` and `docker image rm`.'
