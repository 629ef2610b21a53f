# Pulumi as its makers offer it. Sourced by pulumi.sh.
. "$(dirname "${BASH_SOURCE[0]}")/versions.sh"

official_home=$cache_dir/official-$pulumi_version
official_bin=

# The user's own Pulumi serves when it is of the version that the project pins, or newer within its major.
official_on_path() {
    local found oldest
    found=$(command -v pulumi) || return 1
    case $found in "$root"/* | "$cache_dir"/*) return 1 ;; esac
    oldest=$(printf 'v%s\n%s\n' "$pulumi_version" "$("$found" version)" | sort -V | head -n 1)
    [ "$oldest" = "v$pulumi_version" ] && official_bin=$(dirname "$found")
}

official_download() {
    PULUMI_HOME=$official_home timeout 300 "$root/node_modules/.bin/node" "$root/node_modules/pulumi/run.js" version
}

official_plugins() {
    local name
    for name in $plugin_names; do
        PULUMI_HOME=$official_home PATH=$official_bin:$PATH timeout 300 \
            pulumi plugin install resource "$name" "$(plugin_version "$name")" || return 1
    done
}

official_install() {
    local installed=$official_home/.installed wanted
    official_on_path || official_bin=$official_home/versions/$pulumi_version/bin
    wanted="$official_bin $(for name in $plugin_names; do plugin_version "$name"; done)"
    [ "$(cat "$installed" 2>/dev/null)" = "$wanted" ] && return 0

    mkdir -p "$official_home"
    [ -x "$official_bin/pulumi" ] ||
        step "Downloading Pulumi $pulumi_version" official_download || return 1
    step "Downloading Pulumi's plugins ($plugin_names)" official_plugins || return 1
    printf '%s' "$wanted" >"$installed"
}
