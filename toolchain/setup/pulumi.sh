#!/usr/bin/env bash
# Pulumi and its plugins: what is there, else the official downloads, else built from package registries.
# DRYDOCK_TOOLCHAIN=official or =registries forces one way. The answer is remembered in .drydock/toolchain.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/official.sh"
. "$(dirname "$0")/registries.sh"

remembered=$local_dir/toolchain
way=${DRYDOCK_TOOLCHAIN:-$(sed -n 's/^way=//p' "$remembered" 2>/dev/null || true)}

# remember way home bin: what ./env sets.
remember() {
    printf 'way=%s\nhome=%s\nbin=%s\ncache=%s\n' "$1" "$2" "$3" "$cache_dir" >"$remembered.new"
    mv "$remembered.new" "$remembered"
}

use_official() {
    official_install || return 1
    remember official "$official_home" "$official_bin"
}

use_registries() {
    registries_install
    remember registries "$registries_home" "$registries_home/bin"
}

mkdir -p "$local_dir"

case $way in
official)
    use_official || die 'The official downloads cannot be reached: run with DRYDOCK_TOOLCHAIN=registries to build Pulumi from package registries.'
    ;;
registries) use_registries ;;
'')
    quiet_failure=yes use_official || {
        say "  Pulumi's downloads cannot be reached from here: taking it from package registries instead."
        use_registries
    }
    ;;
*) die "DRYDOCK_TOOLCHAIN is $way: use official or registries, or leave it unset to have the first that works." ;;
esac
