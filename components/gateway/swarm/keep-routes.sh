#!/bin/sh
# Runs beside a gateway on each node: writes the routes of all owners, /routes/*, and the pages of applications in
# maintenance, /pages/*, for the gateway, and keeps running. If Caddy rejects the routes, the previous ones stay, and the
# script fails. Comes after compose-routes.sh.
#
# $1  directory of the routes, on a volume of the node that the gateway also mounts
# $2  address of a site in a Caddyfile, with {host} in place of the host name

set -eu
export LC_ALL=C
umask 077
trap 'exit 0' TERM
mkdir -p "$1/routes" "$1/active" "$1/maintenance"
cd "$1"
socket=$PWD/admin.sock

# Fails with 2 if Caddy does not answer. Without --force, Caddy would not read a changed certificate.
reload() {
    [ -S "$socket" ] && [ -e Caddyfile ] || return 2
    message=$(caddy reload --config Caddyfile --adapter caddyfile --force --address "unix/$socket" 2>&1) && return
    case $message in *"dial unix"*) return 2 ;; *) return 1 ;; esac
}

# Renames complete files, so that a request never gets part of a page.
for page in /pages/*; do
    [ ! -e "$page" ] || { cp "$page" page && mv page "maintenance/${page##*/}"; }
done
for page in maintenance/*; do
    [ -e "/pages/${page##*/}" ] || rm -f "$page"
done
rm -rf routes/* certificates
for routes in /routes/*; do
    [ ! -e "$routes" ] || cat "$routes" >"routes/${routes##*/}"
done
if [ -e active/sites.caddy ]; then cp active/sites.caddy previous; else : >previous; fi
compose "$2"

reject() {
    mv previous active/sites.caddy
    printf 'Caddy rejected the routes. The previous ones stay active:\n%s\n' "$message" >&2
    exit 1
}

# If no gateway runs on the node, the next one that starts reads the routes.
if [ -e Caddyfile ]; then
    message=$(caddy adapt --config Caddyfile --adapter caddyfile 2>&1 >/dev/null) || reject
fi
while :; do
    code=0
    reload || code=$?
    [ "$code" != 1 ] || reject
    touch /tmp/written
    [ "$code" != 0 ] || break
    sleep 1
done
sleep infinity &
wait
