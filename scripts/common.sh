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

# Pulumi puts a stack's state aside before it writes the next: killed in between, it leaves the one, and not the other.
# And its lock, which tells it from a stack that was removed.
restore_state() {
    local folder=${PULUMI_BACKEND_URL#file://}/.pulumi
    local state=$folder/stacks/$project/$stack.json
    if [ ! -e "$state" ] && [ -e "$state.bak" ] && ls "$folder/locks/organization/$project/$stack"/*.json >/dev/null 2>&1; then
        say '→ An update was killed while it wrote its state: taking up the one before'
        cp "$state.bak" "$state"
    fi
}

# The stack, made on its first use.
select_stack() {
    case $PULUMI_BACKEND_URL in file://"$root"/*) mkdir -p "${PULUMI_BACKEND_URL#file://}" ;; esac
    restore_state
    pulumi stack select "$stack" 2>/dev/null && return 0
    say "→ Making the stack $stack"
    local settings=Pulumi.$stack.yaml own_port=
    # It is to run beside others: where nobody has said which port it has, one is chosen.
    [ "$stack" = dev ] || [ -n "${EXAMPLE+set}" ] || [ -f "$settings" ] || own_port=yes
    pulumi stack init "$stack" >/dev/null
    [ -z "$own_port" ] || pulumi config set --stack "$stack" port 0
}
