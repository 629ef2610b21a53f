# Pulumi from package registries alone: the CLI from its Go module, the rest from this folder. Sourced by pulumi.sh.
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
        die 'The plugins could not be built: their last lines above say why; if node_modules is damaged, `make clean` and run again.'
}

build_cli() {
    require_space 6 "$cache_dir" 'building the Pulumi CLI' 'set XDG_CACHE_HOME to a larger disk'
    go_program Pulumi "$toolchain/cli" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi "$registries_cli/pulumi" \
        -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$pulumi_version"
}

# Made beside its place and moved there whole. Nothing after a step that fails: bash ends no function by itself where
# `||` follows its call.
build_home() (
    rm -rf "$cache_dir"/building.* # What a killed set-up may have left.
    building=$(mktemp -d "$cache_dir/building.XXXXXX") || exit
    trap 'rm -rf "$building"' EXIT
    # Pulumi looks for its language host beside itself: a second name for the file, not a link to it.
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
    local name=$1 folder=$2
    bundle "$toolchain/plugins/$name/index.ts" "$folder/pulumi-resource-$name.js" || return
    printf '#!/bin/sh\nexec node "$(dirname "$0")/pulumi-resource-%s.js" "$@"\n' "$name" >"$folder/pulumi-resource-$name" || return
    chmod +x "$folder/pulumi-resource-$name"
    # dockerode reads these at run time, beside its own code.
    [ "$name" != docker ] || cp -r "$root/node_modules/dockerode/lib/proto" "$folder/proto"
}

bundle() {
    PATH=$root/node_modules/.bin:$PATH esbuild "$1" --bundle --platform=node --target=node22 --minify-syntax \
        --external:cpu-features --external:./crypto/build/Release/sshcrypto.node --log-level=warning --outfile="$2"
}
