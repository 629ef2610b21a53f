# shellcheck shell=bash
# Functions for the set-up scripts. Sourced, not run.

unset CDPATH # With CDPATH, cd may print a path.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Data of this clone: the state of its stacks, the location of its Pulumi, and logs of the set-up.
local_dir=$root/.drydock
# Shared by all clones. The XDG specification says to ignore a relative path.
case ${XDG_CACHE_HOME:-} in
    /*) cache_dir=$XDG_CACHE_HOME/drydock ;;
    *) cache_dir=${HOME:?is not set: set it to a directory in which Pulumi can be cached}/.cache/drydock ;;
esac
# Cache of swc's native binding, which npm unpacks during installation.
export SWC_NATIVE_BINDING_CACHE=$cache_dir/swc

say() { printf '%s\n' "$*"; }

# Prints an error, with its remedy, and exits.
die() {
    printf '\n✗ %s\n' "$*" >&2
    exit 1
}

# step "Description" command args...: runs the command with its output in a log and shows its progress. Prints the end of the
# log if it fails, unless quiet_failure is set because there is an alternative.
step() {
    local what=$1 log started status=0 pid
    shift
    { mkdir -p "$local_dir/logs" && log=$(mktemp "$local_dir/logs/step.XXXXXX"); } 2>/dev/null ||
        die "$local_dir is not writable: if root owns it, run \`sudo chown -R $(id -un) $root\`; otherwise check that the disk is not full."
    started=$SECONDS
    say "→ $what"
    # Job control starts the command in its own process group, so that Ctrl-C can stop it with all its children.
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
        printf '  failed after %s s; last lines of its output:\n' "$((SECONDS - started))" >&2
        tail -n 15 "$log" | sed 's/^/    /' >&2
    fi
    rm -f "$log"
    return "$status"
}

# Updates one line on a terminal, otherwise prints a line every 15 seconds.
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

# apt_install "Description" package...: installs Debian packages after an update of the package lists.
apt_install() {
    local what=$1
    shift
    export DEBIAN_FRONTEND=noninteractive
    # apt-get refuses to continue after an interrupted installation.
    dpkg --configure -a >/dev/null 2>&1 || true
    step 'Updating the Debian package lists' apt-get update ||
        die 'The Debian package lists could not be updated: check that the mirror in /etc/apt is reachable.'
    step "Installing $what (Debian: $*)" apt-get install --yes --no-install-recommends "$@" ||
        die "Debian could not install $*: see the output above."
}

# require_space GIB DIRECTORY PURPOSE [REMEDY]: requires free disk space at the directory, which need not exist yet.
require_space() {
    local gib=$1 directory=$2 purpose=$3 free
    while [ ! -d "$directory" ]; do directory=$(dirname "$directory"); done
    free=$(($(df -Pk "$directory" | awk 'NR == 2 { print $4 }') / 1024 / 1024))
    [ "$free" -ge "$gib" ] ||
        die "$directory has $free GiB of free space, and $purpose needs $gib: free up space${4:+, or $4}."
}

# is_version_from MINIMUM VERSION: whether VERSION is at least MINIMUM.
is_version_from() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# A short digest of the contents of files.
digest_of() { cat "$@" | sha256sum | cut -c 1-12; }

# Locks the cache until this process exits. Of two clones that are set up at the same time, the second waits for the first.
lock_cache() {
    mkdir -p "$cache_dir"
    exec 9>"$cache_dir/lock"
    # A set-up that finds everything installed takes less than a second.
    flock --timeout 5 9 || step 'Waiting for another set-up on this machine' flock 9
}
