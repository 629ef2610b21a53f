#!/bin/sh
# Initializes the database like docker-entrypoint.sh, without starting the server.
ENSURE_INITDB=only exec docker-entrypoint.sh "$@"
