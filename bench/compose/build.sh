#!/usr/bin/env bash
# Builds Docker Compose from its Go module into the cache that clones share, and prints its path.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../toolchain/setup/common.sh"

version=$(awk '$1 == "github.com/docker/compose/v2" { print $2 }' "$here/go.mod")
compose=$cache_dir/bench-compose-$version-$(digest_of "$here"/go.*)/docker-compose

# With separate caches, which survive an interrupted build and are removed after a successful one.
compile() (
    set -e
    cd "$here"
    export GOPATH=$cache_dir/bench-go GOCACHE=$cache_dir/bench-go-build
    export GOFLAGS='-mod=readonly -modcacherw -trimpath -buildvcs=false'
    mkdir -p "$(dirname "$compose")"
    go build -o "$compose.new" \
        -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$version" github.com/docker/compose/v2/cmd
    mv "$compose.new" "$compose"
    rm -rf "$GOPATH" "$GOCACHE"
)

if [ ! -x "$compose" ]; then
    command -v go >/dev/null || die 'Go is not installed, and building Docker Compose needs it: install Go 1.25.11 or newer (https://go.dev/dl), then run this again.'
    require_space 4 "$cache_dir" 'building Docker Compose'
    step "Building Docker Compose $version from its Go module (two to six minutes, once)" compile >&2 ||
        die 'Docker Compose could not be built: check that the Go module proxy (`go env GOPROXY`) is reachable.'
fi
printf '%s\n' "$compose"
