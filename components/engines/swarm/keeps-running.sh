#!/bin/sh
# Fails if the replicas of a service that has just started do not keep running, and prints why.
#
# ID               ID of the service
# NAME             name of the service, for messages
# SECONDS_UP       how long they must run
# BACKTRACE_LINE   regular expression for the lines of a backtrace, which are not printed

set -u

running() {
    docker service ps --filter desired-state=running --format '{{.ID}} {{.CurrentState}}' "$ID" |
        grep ' Running' | cut -d ' ' -f 1 | sort
}

before=$(running)
sleep "$SECONDS_UP"
[ -z "$before" ] || [ "$(running)" != "$before" ] || exit 0
echo "The replicas of the service $NAME do not keep running:" >&2
docker service ps --no-trunc --format '{{.CurrentState}} {{.Error}}' "$ID" | head -n 3 >&2
echo "Their last lines of output:" >&2
docker service logs --raw --tail 100 "$ID" 2>&1 | grep -vE "$BACKTRACE_LINE" | tail -n 20 >&2
exit 1
