# shellcheck shell=bash
# Builds Pulumi from package registries: the CLI from its Go module, plugins and language host from this workspace. Sourced by
# pulumi.sh.
. "$(dirname "${BASH_SOURCE[0]}")/versions.sh"
. "$(dirname "${BASH_SOURCE[0]}")/go.sh"

toolchain=$root/toolchain
registries_cli=$cache_dir/cli-$pulumi_version-$(digest_of "$toolchain"/cli/go.*)
registries_home=$cache_dir/home-$(
    find "$toolchain"/cli "$toolchain"/language-host "$toolchain"/plugin "$toolchain"/plugins "$toolchain"/setup/registries.sh \
        -type f ! -name '*.test.ts' -print0 | sort -z | xargs -0 cat "$root/package-lock.json" | sha256sum | cut -c 1-12
)

registries_install() {
    [ -x "$registries_cli/pulumi" ] || build_cli
    [ -d "$registries_home" ] ||
        step 'Building the plugins and the Node language host (from toolchain/)' build_home ||
        die 'The plugins could not be built: see the output above. If node_modules is damaged, run `make clean` and try again.'
}

build_cli() {
    require_space 6 "$cache_dir" 'building the Pulumi CLI' 'set XDG_CACHE_HOME to a larger disk'
    go_program Pulumi "$toolchain/cli" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi "$registries_cli/pulumi" \
        -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$pulumi_version"
}

# Builds into a temporary directory that is then moved into place. Checks every step, because `set -e` has no effect in a
# function that is called with `||`.
build_home() (
    rm -rf "$cache_dir"/building.* # Left by a set-up that was killed.
    building=$(mktemp -d "$cache_dir/building.XXXXXX") || exit
    trap 'rm -rf "$building"' EXIT
    # Pulumi looks for the language host next to its executable, so this must be a hard link, not a symbolic one.
    mkdir "$building/bin" &&
        ln "$registries_cli/pulumi" "$building/bin/pulumi" &&
        cp "$toolchain"/language-host/bin/* "$building/bin/" &&
        bundle "$toolchain/language-host/main.ts" "$building/bin/pulumi-language-nodejs.js" || exit
    for name in $plugin_names; do
        build_plugin "$name" "$building/plugins/resource-$name-v$(plugin_version "$name")" || exit
    done
    mv -T "$building" "$registries_home"
)

build_plugin() {
    local name=$1 directory=$2
    bundle "$toolchain/plugins/$name/index.ts" "$directory/pulumi-resource-$name.js" || return
    printf '#!/bin/sh\nexec node "$(dirname "$0")/pulumi-resource-%s.js" "$@"\n' "$name" >"$directory/pulumi-resource-$name" || return
    chmod +x "$directory/pulumi-resource-$name"
    # dockerode reads these files at run time, next to its code.
    [ "$name" != docker ] || cp -r "$root/node_modules/dockerode/lib/proto" "$directory/proto"
}

bundle() {
    PATH=$root/node_modules/.bin:$PATH esbuild "$1" --bundle --platform=node --target=node22 --minify-syntax \
        --external:cpu-features --external:./crypto/build/Release/sshcrypto.node --log-level=warning --outfile="$2"
}
