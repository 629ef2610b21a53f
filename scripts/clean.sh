#!/usr/bin/env bash
# Removes what the set-up made in this folder. State of stacks that are up is kept, and said.
set -euo pipefail
cd "$(dirname "$0")/.."
. toolchain/setup/common.sh

rm -rf node_modules dist .drydock/toolchain .drydock/logs
kept=
# A stack, or what a killed update of one has left of it.
if [ -n "$(find .drydock/state \( -path '*/stacks/*' -o -path '*/locks/*' \) -name '*.json' -print -quit 2>/dev/null)" ]; then
    say 'Kept .drydock/state: it knows what your stacks have in Docker. `make down` for each, then remove it.'
    kept=yes
fi
if [ -e .drydock/swarm ]; then
    say 'Kept .drydock/swarm: the rehearsal that runs is reached through it. `make swarm-down` first, then this again.'
    kept=yes
fi
[ -n "$kept" ] || rm -rf .drydock
say "Other clones share the built Pulumi in $cache_dir: remove it with 'rm -rf $cache_dir'."
say 'Docker Engine and its images stay: `apt-get remove docker.io` removes the one, `docker image rm` the others.'
