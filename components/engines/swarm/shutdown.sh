#!/bin/sh
# Waits until the containers of removed services have stopped on all nodes that are up, for a few minutes at most.
#
# NETWORKS   IDs of the networks whose containers it waits for, separated by spaces

attempts=240
while [ "$attempts" -gt 0 ]; do
    attempts=$((attempts - 1))
    running=
    nodes=$(docker node ls --format '{{if eq .Status "Ready"}}{{.ID}}{{end}}' 2>/dev/null) || exit 0
    # shellcheck disable=SC2086 # one word each
    for task in $(docker node ps --quiet --filter desired-state=remove $nodes 2>/dev/null); do
        state=$(docker inspect --type task "$task" 2>/dev/null \
            --format '{{.Status.State}}{{range .NetworksAttachments}} {{.Network.ID}}{{end}}') || continue
        for network in $NETWORKS; do
            case "$state " in running*" $network "*) running=$task ;; esac
        done
    done
    [ -n "$running" ] || exit 0
    sleep 0.5
done
