# shellcheck shell=bash
# The official Pulumi CLI and plugins. Sourced by pulumi.sh.
. "$(dirname "${BASH_SOURCE[0]}")/versions.sh"

official_home=$cache_dir/official-$pulumi_version
official_bin=
# Limits the time of a command. --foreground keeps it in the process group of its step, which Ctrl-C stops.
limit_time() { timeout --foreground "$@"; }

# Uses the user's Pulumi if it is the pinned version or a newer one of the same major version. Links to it instead of adding
# its directory to PATH, as that may contain another Node.
official_on_path() {
    local found version
    official_ignored=
    # Ignore what ./env of a clone has added to PATH.
    found=$(type -aP pulumi | grep -vF -e "$cache_dir/" -e /.drydock/ -e /node_modules/.bin/ | head -n 1)
    [ -n "$found" ] || return 1
    version=$(PULUMI_HOME=$official_home PULUMI_SKIP_UPDATE_CHECK=true limit_time 10 "$found" version 2>/dev/null) || version=
    # Official builds print v3.1.2, others 3.1.2.
    version=${version#v}
    is_version_from "$pulumi_version" "$version" && [ "${version%%.*}" = "${pulumi_version%%.*}" ] || {
        official_ignored="  Ignoring $found: its version is ${version:-unknown}, but the project needs $pulumi_version or a newer ${pulumi_version%%.*}.x."
        return 1
    }
    official_bin=$local_dir/bin
    mkdir -p "$official_bin"
    ln -sfn "$found" "$official_bin/pulumi"
}

# The official installer writes its files one by one. Download again unless they are marked as complete.
official_downloaded() { [ "$official_bin" = "$local_dir/bin" ] || [ -e "$official_bin/.whole" ]; }

# Pulumi marks an incomplete plugin with a .partial file.
has_plugin() { [ -d "$1" ] && [ ! -e "$1.partial" ]; }

# Copies plugins from the user's own PULUMI_HOME.
official_copy_plugins() {
    local own=${PULUMI_HOME:-$HOME/.pulumi} name plugin
    # Set by ./env.
    case $own in "$cache_dir"/*) own=$HOME/.pulumi ;; esac
    for name in $plugin_names; do
        plugin=plugins/resource-$name-v$(plugin_version "$name")
        { has_plugin "$own/$plugin" && ! has_plugin "$official_home/$plugin"; } || continue
        mkdir -p "$official_home/plugins"
        touch "$official_home/$plugin.partial"
        rm -rf "${official_home:?}/$plugin"
        cp -R "$own/$plugin" "$official_home/$plugin" && rm "$official_home/$plugin.partial"
    done
}

official_complete() {
    local name
    official_downloaded || return 1
    for name in $plugin_names; do
        has_plugin "$official_home/plugins/resource-$name-v$(plugin_version "$name")" || return 1
    done
}

# Checks first, as the downloads would hang behind a firewall that drops packets.
official_reachable() {
    limit_time 10 "$root/node_modules/.bin/node" --eval \
        'fetch("https://get.pulumi.com").then(() => process.exit(0), (error) => { throw error.cause ?? error; })'
}

require_curl() {
    ! command -v curl >/dev/null || return 0
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null ||
        die "Pulumi's installer needs curl: install it, then try again."
    # Show errors, as the alternative needs Debian's packages too.
    quiet_failure='' apt_install "curl for Pulumi's installer" curl
}

official_download() {
    rm -rf "$(dirname "$official_bin")"
    PULUMI_HOME=$official_home limit_time 300 "$root/node_modules/.bin/node" "$root/node_modules/pulumi/run.js" version &&
        touch "$official_bin/.whole"
}

official_plugins() {
    local name
    for name in $plugin_names; do
        PULUMI_HOME=$official_home PATH=$official_bin:$PATH limit_time 300 \
            pulumi plugin install resource "$name" "$(plugin_version "$name")" || return 1
    done
}

official_install() {
    local installed=$official_home/.installed wanted
    mkdir -p "$official_home"
    official_on_path || official_bin=$official_home/versions/$pulumi_version/bin
    wanted="$official_bin $(for name in $plugin_names; do plugin_version "$name"; done)"
    [ "$(cat "$installed" 2>/dev/null)" = "$wanted" ] && return 0
    [ -z "$official_ignored" ] || say "$official_ignored"

    official_copy_plugins
    if ! official_complete; then
        # Use the same proxy as curl.
        export NODE_USE_ENV_PROXY=1
        step "Checking whether Pulumi's downloads are reachable" official_reachable || return 1
        official_downloaded || {
            require_curl
            step "Downloading Pulumi $pulumi_version" official_download || return 1
        }
        step "Downloading Pulumi's plugins ($plugin_names)" official_plugins || return 1
    fi
    printf '%s' "$wanted" >"$installed"
}
