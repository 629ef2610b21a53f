# Shared by the scripts behind `make`. Sourced, not run.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. toolchain/setup/common.sh
. ./env

stack=${STACK:-dev}
# The folder of the Pulumi project that a script works on: this one, or one of examples/.
if [ -n "${EXAMPLE+set}" ]; then
    [ -n "$EXAMPLE" ] && [ -f "examples/$EXAMPLE/Pulumi.yaml" ] ||
        die "NAME is '$EXAMPLE': name one of the examples, NAME=$(ls examples | paste -sd '|')."
    cd "examples/$EXAMPLE"
fi
project=$(sed -n 's/^name: //p' Pulumi.yaml)

# The directory of a file backend, as its URL names it.
state_dir=${PULUMI_BACKEND_URL#file://}
state_dir=${state_dir%%\?*}
case $state_dir in '~' | '~/'*) state_dir=$HOME${state_dir#'~'} ;; esac

# Selects the stack, and fails where there is none. A state that cannot be reached may have one.
has_stack() {
    local said
    case $PULUMI_BACKEND_URL in file://"$root"/*) mkdir -p "$state_dir" ;; esac
    node "$root/scripts/restore-state.ts" "$project" "$stack" || exit 1
    said=$(pulumi stack select --non-interactive "$stack" 2>&1) && return 0
    [[ $said == *'no stack named'* ]] && return 1
    die "The state of your stacks cannot be read: see that PULUMI_BACKEND_URL is right, and that you may read there.
  ${said#error: }"
}

# The stack, made on its first use.
select_stack() {
    ! has_stack || return 0
    say "→ Making the stack $stack"
    local settings=Pulumi.$stack.yaml own_port=
    # It is to run beside others: where nobody has said which port it has, one is chosen.
    [ "$stack" = dev ] || [ -n "${EXAMPLE+set}" ] || [ -f "$settings" ] || own_port=yes
    # First, so that it has the port however this ends.
    [ -z "$own_port" ] || printf 'config:\n  %s:port: "0"\n' "$project" >"$settings"
    pulumi stack init "$stack" >/dev/null
}

# So that another clone may have a stack of this name (see owner.ts).
disown_stack() {
    local record state records=$cache_dir/stacks/$project/$stack
    state=$(cd "$state_dir" 2>/dev/null && pwd -P) || return 0
    for record in "$records"/*; do
        [ "$(cat "$record" 2>/dev/null)" != "$state" ] || rm -f "$record" || true
    done
    rmdir "$records" 2>/dev/null || true
}
