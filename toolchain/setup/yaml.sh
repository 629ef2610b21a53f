#!/usr/bin/env bash
# The language host for Pulumi programs in YAML, which only tests need. The official download has it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

grep -qx 'way=registries' "$local_dir/toolchain" || exit 0
home=$(sed -n 's/^home=//p' "$local_dir/toolchain")
host=pulumi-language-yaml
[ ! -x "$home/bin/$host" ] || exit 0

built=$cache_dir/yaml-$(digest_of "$root"/toolchain/yaml/go.*)
command -v go >/dev/null || die 'Go is not installed, and without it the YAML language host cannot be built: install Go 1.25.11 or newer (https://go.dev/dl), then run this again.'
mkdir -p "$built"
[ -x "$built/$host" ] ||
    step 'Building the YAML language host from its Go module (a minute or two, once)' \
        go build -C "$root/toolchain/yaml" -trimpath -buildvcs=false -ldflags '-s -w' -o "$built/$host" github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml ||
    die 'The YAML language host could not be built: is the Go module proxy reachable? `go env GOPROXY` tells which it is.'
# Pulumi looks for its language hosts beside itself.
ln -f "$built/$host" "$home/bin/$host"
