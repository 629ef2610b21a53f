#!/bin/sh
# Makes the cluster as docker-entrypoint.sh would for the same arguments, where there is none, and ends there.
ENSURE_INITDB=only exec docker-entrypoint.sh "$@"
