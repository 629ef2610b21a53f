#!/bin/sh
# Runs in the container of a gateway: prints the host names that need a certificate and have none, one on each line.
#
# $1  directory of the routes
# $2  owner of the routes; empty for all
# $3  `explain` also prints whether the host name leads to this gateway, and its addresses in DNS:
#     `<host> <yes|no> <address>...`

set -eu
cd "$1"
tab=$(printf '\t')

has_certificate() {
    ls /data/caddy/certificates/*/"$1/$1.crt" >/dev/null 2>&1
}

# The gateway's own authority issues a certificate in the moment after the gateway has got a route.
will_have_certificate() {
    grep -q "^!${tab}internal" routes/* || return 1
    for _ in 1 2 3; do
        sleep 1
        ! has_certificate "$1" || return 0
    done
    return 1
}

describe() {
    if has_certificate "$1" || will_have_certificate "$1"; then return; fi
    if [ "$2" != explain ]; then
        echo "$1"
        return
    fi
    leads=no
    if wget -q -T 10 -O /dev/null "http://127.0.0.1:2018/?domain=$1" 2>/dev/null; then leads=yes; fi
    addresses=$(getent ahosts "$1" 2>/dev/null | awk '{ print $1 }' | sort -u | xargs)
    echo "$1 $leads $addresses"
}

# compose-routes.sh writes them.
sed -n 's/^.@named query //p' active/sites.caddy | tr ' ' '\n' | sed -n 's/^domain=//p' | {
    while read -r host; do
        if [ -n "$2" ] && ! cut -f1 "routes/$2" 2>/dev/null | grep -qxF -e "$host"; then continue; fi
        describe "$host" "$3" &
    done
    wait
} | sort
