#!/bin/sh
# Fails if a container that has just started does not keep running, and prints why. A container that has finished
# and whose restart policy does not start it again is fine.
#
# ID               ID of the container
# NAME             name of the container, for messages
# SECONDS_UP       how long it must run
# BACKTRACE_LINE   regular expression for the lines of a backtrace, which are not printed

set -u

fail() {
    echo "The container $NAME $1. Its last lines of output:" >&2
    docker logs --tail 500 "$ID" 2>&1 | grep -vE "$BACKTRACE_LINE" | tail -n 20 >&2
    exit 1
}

format='{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.RestartCount}} {{.HostConfig.RestartPolicy.Name}}'
restarts=
restarted=
second=0
while [ "$second" -le "$SECONDS_UP" ]; do
    [ "$second" = 0 ] || sleep 1
    second=$((second + 1))
    state=$(docker inspect --type container --format "$format" "$ID") || exit 1
    # shellcheck disable=SC2086 # one word each
    set -- $state
    case $1/$2/$3/${5-} in
    running/* | created/* | paused/*) ;;
    exited/0/false/no | exited/0/false/on-failure) exit 0 ;;
    */true/*) fail "ran out of memory (OOMKilled): raise memory" ;;
    */0/*) fail "exited with code 0: its command must stay in the foreground" ;;
    */126/*) fail "exited with code 126: its command is not executable" ;;
    */127/*) fail "exited with code 127: its command was not found" ;;
    *) fail "exited with code $2" ;;
    esac
    [ "$4" = "${restarts:=$4}" ] || restarted=yes
done
[ -z "$restarted" ] || fail "exits repeatedly"
