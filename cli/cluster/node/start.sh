#!/bin/sh
# Starts the Docker Engine of a node. The arguments are further options of dockerd. SOCKET_GROUP may use the socket.
# Files of a killed engine would prevent the start.
rm -rf /run/docker* /var/run/docker*
exec dockerd --host=unix:///run/node/docker.sock --host=unix:///run/docker.sock --group="${SOCKET_GROUP:-0}" "$@"
