# shellcheck shell=bash
# Shared by the scripts behind `make`. Sourced, not run.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
. toolchain/setup/common.sh
. ./env

stack=${STACK:-dev}
# The directory of the Pulumi project that a script works on: this one, or one of examples/.
if [ -n "${EXAMPLE+set}" ]; then
    [ -n "$EXAMPLE" ] && [ -f "examples/$EXAMPLE/Pulumi.yaml" ] ||
        die "NAME is '$EXAMPLE': name one of the examples, NAME=$(ls examples | paste -sd '|')."
    cd "examples/$EXAMPLE" || exit
fi
project=$(sed -n 's/^name: //p' Pulumi.yaml)

# The directory of a file backend, as its URL names it.
state_dir=${PULUMI_BACKEND_URL#file://}
state_dir=${state_dir%%\?*}
# shellcheck disable=SC2088 # a tilde in the URL
case $state_dir in '~' | '~/'*) state_dir=$HOME${state_dir#'~'} ;; esac

# Selects the stack, and fails if it does not exist. Exits if the state cannot be read.
has_stack() {
    local output
    case $PULUMI_BACKEND_URL in file://"$root"/*) mkdir -p "$state_dir" ;; esac
    node "$root/scripts/restore-state.ts" "$project" "$stack" || exit 1
    output=$(pulumi stack select --non-interactive "$stack" 2>&1) && return 0
    [[ $output == *'no stack named'* ]] && return 1
    die "Cannot read the state of your stacks. Check PULUMI_BACKEND_URL, and that you may read there.
  ${output#error: }"
}

# Selects the stack, and creates it on its first use.
select_stack() {
    ! has_stack || return 0
    say "→ Creating the stack $stack"
    local config=Pulumi.$stack.yaml own_port=
    # It runs beside other stacks: generate its port, unless it is configured.
    [ "$stack" = dev ] || [ -n "${EXAMPLE+set}" ] || [ -f "$config" ] || own_port=yes
    # Before the stack exists, so that it has the port however this ends.
    [ -z "$own_port" ] || printf 'config:\n  %s:port: "0"\n' "$project" >"$config"
    pulumi stack init "$stack" >/dev/null
}

# Lets another clone have a stack of this name (see owner.ts).
disown_stack() {
    local record state records=$cache_dir/stacks/$project/$stack
    state=$(cd "$state_dir" 2>/dev/null && pwd -P) || return 0
    for record in "$records"/*; do
        [ "$(cat "$record" 2>/dev/null)" != "$state" ] || rm -f "$record" || true
    done
    rmdir "$records" 2>/dev/null || true
}
