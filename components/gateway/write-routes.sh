#!/bin/sh
# Runs in the container of a gateway: replaces the routes of an owner, and reloads Caddy. If Caddy refuses the new routes,
# the old ones stay. The arguments are the owner, and the directory of all routes. The files come on standard input: a line
# `=== <path>`, then the content.

set -eu
owner=$1
umask 077
mkdir -p "$2"
cd "$2"
# Updates of several stacks may run at the same time.
exec 9>lock
flock 9

version=$(mktemp -d sites.XXXXXX)
previous=$(readlink sites 2>/dev/null || true)
[ -z "$previous" ] || cp -R "$previous/." "$version"
find "$version" -name "*.$owner.*.route" -exec rm {} +

file=/dev/null
while IFS= read -r line; do
    case $line in
        '=== '*)
            file=$version/${line#=== }
            mkdir -p "${file%/*}"
            : >"$file"
            ;;
        *) printf '%s\n' "$line" >>"$file" ;;
    esac
done
for site in "$version"/*/; do
    for route in "$site"*.route; do [ -e "$route" ] || rm -rf "$site"; done
done

# use DIRECTORY: in one step, as Caddy may start at any time.
use() {
    ln -s "$1" sites.new
    mv -T sites.new sites
}

use "$version"
if ! message=$(caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile 2>&1); then
    if [ -n "$previous" ]; then use "$previous"; else rm sites; fi
    rm -rf "$version"
    printf 'The gateway refuses the routes, and keeps those that it has:\n%s\n' "$message" >&2
    exit 1
fi
[ -z "$previous" ] || rm -rf "$previous"
