#!/usr/bin/env bash
# Provides Pulumi and its plugins: those that are installed, otherwise official downloads, otherwise built from package
# registries. DRYDOCK_TOOLCHAIN=official or =registries selects one. The choice is recorded in .drydock/toolchain.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/official.sh"
. "$(dirname "$0")/registries.sh"

remembered=$local_dir/toolchain
way=${DRYDOCK_TOOLCHAIN:-$(sed -n 's/^way=//p' "$remembered" 2>/dev/null || true)}

# remember WAY HOME BIN: writes the file that ./env reads.
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
    use_official || die "Pulumi's downloads are not reachable: set DRYDOCK_TOOLCHAIN=registries to build Pulumi from package registries."
    ;;
registries) use_registries ;;
'')
    quiet_failure=yes use_official || {
        say "  Pulumi's downloads are not reachable. Building it from package registries instead."
        use_registries
    }
    ;;
*) die "DRYDOCK_TOOLCHAIN is $way: use official or registries, or unset it to use the first that works." ;;
esac
