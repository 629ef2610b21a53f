#!/bin/sh
# Command of a gateway's container: copies the Caddyfile to where keep-routes.sh reads it, and starts Caddy.
#
# $0  directory of the routes
# $1  the Caddyfile

set -eu
umask 077
mkdir -p "$0/active"
cat "$1" >"$0/Caddyfile.new"
mv "$0/Caddyfile.new" "$0/Caddyfile"
exec caddy run --config "$1" --adapter caddyfile
