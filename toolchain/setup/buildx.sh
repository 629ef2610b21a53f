#!/usr/bin/env bash
# Provides buildx, which builds images with secrets, behind a firewall: uses the one of this machine, otherwise builds it from
# its Go module. Where the official downloads can be reached, Docker's own package docker-buildx-plugin can be installed.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/go.sh"

grep -qx 'way=registries' "$local_dir/toolchain" || exit 0
bin=$(sed -n 's/^bin=//p' "$local_dir/toolchain")
[ ! -x "$bin/docker-buildx" ] || exit 0
! docker buildx version >/dev/null 2>&1 || exit 0
case $(command -v docker-buildx || true) in
    '' | "$cache_dir"/*) ;; # None, or that of an earlier set-up.
    *) exit 0 ;;
esac

module=$root/toolchain/buildx
version=$(sed -n 's|^.*github.com/docker/buildx ||p' "$module/go.mod" | cut -d ' ' -f 1)
built=$cache_dir/buildx-$(digest_of "$module"/go.*)/docker-buildx
[ -x "$built" ] ||
    go_program buildx "$module" github.com/docker/buildx/cmd/buildx "$built" \
        -ldflags "-s -w -X github.com/docker/buildx/version.Version=$version"
ln -f "$built" "$bin/docker-buildx"
