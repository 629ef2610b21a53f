# Shared by the scripts of the set-up. Sourced, not run.

unset CDPATH # With it, cd prints where it goes.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# What one clone remembers: its stacks' state, the way its Pulumi came, logs of the last set-up.
local_dir=$root/.drydock
# What clones share, by version. XDG says to ignore a folder that is not absolute.
case ${XDG_CACHE_HOME:-} in
    /*) cache_dir=$XDG_CACHE_HOME/drydock ;;
    *) cache_dir=${HOME:?is not set: set it to a folder where Pulumi can be kept}/.cache/drydock ;;
esac
# Where swc, which is among the npm packages, unpacks itself: npm runs it once.
export SWC_NATIVE_BINDING_CACHE=$cache_dir/swc

say() { printf '%s\n' "$*"; }

# One sentence that says what is wrong and what to do about it.
die() {
    printf '\n✗ %s\n' "$*" >&2
    exit 1
}

# step "What is done, and why" command args...: runs the command with its output in a log, shows that it
# is alive, and prints the end of the log if it fails, unless quiet_failure is set: another way is tried then.
step() {
    local what=$1 log started status=0 pid
    shift
    { mkdir -p "$local_dir/logs" && log=$(mktemp "$local_dir/logs/step.XXXXXX"); } 2>/dev/null ||
        die "$local_dir cannot be written: if root made it, \`sudo chown -R $(id -un) $root\`; else see that the disk is not full."
    started=$SECONDS
    say "→ $what"
    # A process group of its own, so that Ctrl-C ends all that the command has started.
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    set +m
    trap 'kill -TERM -- "-$pid" 2>/dev/null; wait "$pid"; exit 130' INT TERM
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        progress "$((SECONDS - started))" "$log"
    done
    wait "$pid" || status=$?
    trap - INT TERM
    [ -t 1 ] && printf '\r\033[K'
    if [ "$status" -ne 0 ] && [ -z "${quiet_failure:-}" ]; then
        printf '  failed after %s s; its last lines:\n' "$((SECONDS - started))" >&2
        tail -n 15 "$log" | sed 's/^/    /' >&2
    fi
    rm -f "$log"
    return "$status"
}

# A line that changes on a terminal; elsewhere one line every 15 seconds.
last_reported=0
progress() {
    local seconds=$1 log=$2 line
    [ "$seconds" -ge 3 ] || { last_reported=0 && return 0; }
    line=$(tail -n 1 "$log" | tr -d '\r' | cut -c 1-60)
    if [ -t 1 ]; then
        printf '\r\033[K  %s s  %s' "$seconds" "$line"
    elif [ "$seconds" -ge $((last_reported + 15)) ]; then
        last_reported=$seconds
        printf '  %s s  %s\n' "$seconds" "$line"
    fi
}

# apt_install "What it is" package...: from Debian, with a list of packages that is of today.
apt_install() {
    local what=$1
    shift
    export DEBIAN_FRONTEND=noninteractive
    # What an installation that was interrupted has left, which apt-get would refuse to go on from.
    dpkg --configure -a >/dev/null 2>&1 || true
    step 'Refreshing the list of Debian packages' apt-get update ||
        die 'The list of Debian packages could not be refreshed: is the mirror in /etc/apt reachable?'
    step "Installing $what (Debian: $*)" apt-get install --yes --no-install-recommends "$@" ||
        die "Debian could not install $*: its last lines above say why."
}

# require_space GIB FOLDER PURPOSE [REMEDY]: at least so many GiB free where the folder is, or will be.
require_space() {
    local gib=$1 folder=$2 purpose=$3 free
    while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
    free=$(($(df -Pk "$folder" | awk 'NR == 2 { print $4 }') / 1024 / 1024))
    [ "$free" -ge "$gib" ] ||
        die "$folder has $free GiB free and $purpose needs $gib: free some${4:+, or $4}."
}

# is_version_from OLDEST VERSION
is_version_from() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# The same text for the same files, names and contents.
digest_of() { cat "$@" | sha256sum | cut -c 1-12; }

# Until this process ends. Two clones at once: the second finds what the first has built and installed.
lock_cache() {
    mkdir -p "$cache_dir"
    exec 9>"$cache_dir/lock"
    flock --nonblock 9 || step 'Waiting for another set-up on this machine to end' flock 9
}
