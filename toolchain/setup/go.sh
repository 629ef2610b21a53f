# shellcheck shell=bash
# Builds programs from Go modules. Sourced, not run.

# require_go MODULE PROGRAM: requires a Go version that is new enough for the module in a directory.
require_go() {
    local module=$1 program=$2 wanted found
    wanted=$(sed -n 's/^go //p' "$module/go.mod")
    command -v go >/dev/null ||
        die "Go is not installed, and building $program needs it: install Go $wanted or newer (https://go.dev/dl), then try again."
    # Since 1.21, Go downloads the version that a module requires.
    found=$(GOTOOLCHAIN=local in_module / go env GOVERSION 2>&1 || true)
    { is_version_from 1.21 "${found#go}" && step "Checking for Go $wanted or newer" in_module "$module" go version; } ||
        die "Go is too old: $program needs $wanted or newer (https://go.dev/dl), but this is $found."
}

# go_program PROGRAM MODULE PACKAGE FILE [flag...]: builds a package of a Go module into a file.
go_program() {
    local program=$1 module=$2
    shift
    require_go "$module" "$program"
    step "Building $program from its Go module (takes some minutes, once)" build_go "$@" ||
        die "$program could not be built: check that the Go module proxy (\`go env GOPROXY\`) is reachable."
}

# Moves the program into place once it is complete.
build_go() {
    local module=$1 package=$2 file=$3
    shift 3
    mkdir -p "$(dirname "$file")" &&
        in_module "$module" go build -v -o "$file.new" "$@" "$package" &&
        mv "$file.new" "$file" &&
        { rm -rf "$go_caches" || true; } # Go may still be writing telemetry counters.
}

# in_module MODULE command...: runs a command in a module's directory with separate caches, which survive an interrupted build
# and are removed after a successful one. The user's settings (`go env -w`) apply.
go_caches=$cache_dir/go
in_module() (
    cd "$1" || exit
    shift
    export GOENV=${GOENV:-${XDG_CONFIG_HOME:-$HOME/.config}/go/env} XDG_CONFIG_HOME=$go_caches/config
    # Without debug information, which takes a quarter of the build time and is stripped anyway.
    export GOFLAGS='-mod=readonly -modcacherw -trimpath -buildvcs=false -gcflags=all=-dwarf=false'
    export GOPATH=$go_caches/path GOCACHE=$go_caches/build
    "$@"
)
