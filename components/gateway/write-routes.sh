#!/bin/sh
# Runs in the container of a gateway: writes the routes, which come on standard input, to the directory in the first
# argument, and reloads Caddy. If Caddy rejects them, the previous ones stay.

set -eu
umask 077
mkdir -p "$1"
cd "$1"
cat >routes.new
[ ! -e routes.caddy ] || cp routes.caddy routes.previous
mv routes.new routes.caddy
if ! message=$(caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile 2>&1); then
    if [ -e routes.previous ]; then mv routes.previous routes.caddy; else rm routes.caddy; fi
    printf 'Caddy rejected the routes. The previous ones stay active:\n%s\n' "$message" >&2
    exit 1
fi
rm -f routes.previous
