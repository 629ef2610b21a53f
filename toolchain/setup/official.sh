# Pulumi as its makers offer it. Sourced by pulumi.sh.
. "$(dirname "${BASH_SOURCE[0]}")/versions.sh"

official_home=$cache_dir/official-$pulumi_version
official_bin=
# A moment to answer, and a while to download. In the foreground: Ctrl-C, which ends a step's group, ends it too.
patience() { timeout --foreground "$@"; }

# The user's own Pulumi serves when it is of the version that the project pins, or newer within its major. It is called
# by a link: its folder may hold another Node than the project's.
official_on_path() {
    local found version
    official_ignored=
    # Not what some clone's ./env has put on PATH.
    found=$(type -aP pulumi | grep -vF -e "$cache_dir/" -e /.drydock/ -e /node_modules/.bin/ | head -n 1)
    [ -n "$found" ] || return 1
    version=$(PULUMI_HOME=$official_home PULUMI_SKIP_UPDATE_CHECK=true patience 10 "$found" version 2>/dev/null) || version=
    # Official builds say v3.1.2, others 3.1.2.
    version=${version#v}
    is_version_from "$pulumi_version" "$version" && [ "${version%%.*}" = "${pulumi_version%%.*}" ] || {
        official_ignored="  $found is not used: it is version ${version:-unknown}, and this needs $pulumi_version or a newer ${pulumi_version%%.*}.x."
        return 1
    }
    official_bin=$local_dir/bin
    mkdir -p "$official_bin"
    ln -sfn "$found" "$official_bin/pulumi"
}

# The official installer writes its programs one by one: what is not marked as whole is downloaded again.
official_downloaded() { [ "$official_bin" = "$local_dir/bin" ] || [ -e "$official_bin/.whole" ]; }

# Pulumi marks a plugin that it has not wholly written.
has_plugin() { [ -d "$1" ] && [ ! -e "$1.partial" ]; }

# Plugins that the user has for a Pulumi of their own.
official_adopt() {
    local own=${PULUMI_HOME:-$HOME/.pulumi} name plugin
    # A shell that has sourced ./env.
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

# Where a firewall drops what it does not let through, the downloads themselves would hang.
official_answers() {
    patience 10 "$root/node_modules/.bin/node" --eval \
        'fetch("https://get.pulumi.com").then(() => process.exit(0), (error) => { throw error.cause ?? error; })'
}

require_curl() {
    ! command -v curl >/dev/null || return 0
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null ||
        die "Pulumi's own installer needs curl: install it, then run this again."
    # What goes wrong with it is to be seen: there are no registries without Debian's.
    quiet_failure= apt_install "curl, which Pulumi's installer uses" curl
}

official_download() {
    rm -rf "$(dirname "$official_bin")"
    PULUMI_HOME=$official_home patience 300 "$root/node_modules/.bin/node" "$root/node_modules/pulumi/run.js" version &&
        touch "$official_bin/.whole"
}

official_plugins() {
    local name
    for name in $plugin_names; do
        PULUMI_HOME=$official_home PATH=$official_bin:$PATH patience 300 \
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

    official_adopt
    if ! official_complete; then
        # The downloads go through the proxy that curl goes through.
        export NODE_USE_ENV_PROXY=1
        step "Asking whether Pulumi's downloads can be reached" official_answers || return 1
        official_downloaded || {
            require_curl
            step "Downloading Pulumi $pulumi_version" official_download || return 1
        }
        step "Downloading Pulumi's plugins ($plugin_names)" official_plugins || return 1
    fi
    printf '%s' "$wanted" >"$installed"
}
