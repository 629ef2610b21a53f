#!/bin/sh
# Removes an overlay network once the containers of removed services have left it, and waits until this node no longer
# lists it.
#
# NETWORK   ID of the network

attempts=90
while [ "$attempts" -gt 0 ]; do
    attempts=$((attempts - 1))
    docker network inspect "$NETWORK" >/dev/null 2>&1 || exit 0
    error=$(docker network rm "$NETWORK" 2>&1) || sleep 0.5
    sleep 0.5
done
echo "$error" >&2
exit 1
