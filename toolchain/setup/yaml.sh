#!/usr/bin/env bash
# Builds the language host for Pulumi programs in YAML, which only tests need. Official downloads include it.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/go.sh"

grep -qx 'way=registries' "$local_dir/toolchain" || exit 0
home=$(sed -n 's/^home=//p' "$local_dir/toolchain")
host=pulumi-language-yaml
[ ! -x "$home/bin/$host" ] || exit 0

lock_cache
module=$root/toolchain/yaml
built=$cache_dir/yaml-$(digest_of "$module"/go.*)/$host
[ -x "$built" ] ||
    go_program 'the YAML language host' "$module" github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml "$built" -ldflags '-s -w'
# Pulumi looks for language hosts next to its executable.
ln -f "$built" "$home/bin/$host"
