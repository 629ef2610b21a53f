# Programs from Go modules. Sourced.

# require_go MODULE PROGRAM: a Go that is new enough for the module in that folder.
require_go() {
    local module=$1 program=$2 wanted found
    wanted=$(sed -n 's/^go //p' "$module/go.mod")
    command -v go >/dev/null ||
        die "Go is not installed, and without it $program cannot be built: install Go $wanted or newer (https://go.dev/dl), then run this again."
    # From 1.21 on, Go fetches the version that a module asks for.
    found=$(GOTOOLCHAIN=local in_module / go env GOVERSION 2>&1 || true)
    { is_version_from 1.21 "${found#go}" && step "Looking for Go $wanted or newer" in_module "$module" go version; } ||
        die "Go is too old: $program needs $wanted or newer (https://go.dev/dl), and this one is $found."
}

# go_program PROGRAM MODULE PACKAGE FILE [flag...]: the program that a Go module's package makes, in that file.
go_program() {
    local program=$1 module=$2
    shift
    require_go "$module" "$program"
    step "Building $program from its Go module (some minutes, once)" build_go "$@" ||
        die "$program could not be built: is the Go module proxy reachable? \`go env GOPROXY\` tells which it is."
}

# In its place when it is whole.
build_go() {
    local module=$1 package=$2 file=$3
    shift 3
    mkdir -p "$(dirname "$file")" &&
        in_module "$module" go build -v -o "$file.new" "$@" "$package" &&
        mv "$file.new" "$file" &&
        { rm -rf "$go_caches" || true; } # Go may still be at its counters.
}

# in_module MODULE command...: in that folder, and with caches of the project's own, which an interrupted build finds
# again and a finished one removes; the user's stay as they are. The user's settings (`go env -w`) count.
go_caches=$cache_dir/go
in_module() (
    cd "$1" || exit
    shift
    export GOENV=${GOENV:-${XDG_CONFIG_HOME:-$HOME/.config}/go/env} XDG_CONFIG_HOME=$go_caches/config
    # What a debugger would read costs a quarter of the time, and is left out of the program in the end.
    export GOFLAGS='-mod=readonly -modcacherw -trimpath -buildvcs=false -gcflags=all=-dwarf=false'
    export GOPATH=$go_caches/path GOCACHE=$go_caches/build
    "$@"
)
