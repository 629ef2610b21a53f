#!/bin/sh
# Runs in the container of a gateway: prints the host names that need a certificate and have none, one on each line. Follows
# the functions of compose-routes.sh.
#
# $1  directory of the routes
# $2  owner of the routes; empty for all
# $3  `explain` also prints whether the host name points to this gateway, and its addresses in DNS:
#     `<host> <yes|no> <address>...`

set -eu
cd "$1"
tab=$(printf '\t')

# The gateway's own authority issues a certificate shortly after the gateway gets a route.
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
    points=no
    ! points_here "$1" || points=yes
    echo "$1 $points $(addresses_of "$1")"
}

# compose-routes.sh writes them.
sed -n 's/^.@named query //p' active/sites.caddy | tr ' ' '\n' | sed -n 's/^domain=//p' | {
    while read -r host; do
        if [ -n "$2" ] && ! cut -f1 "routes/$2" 2>/dev/null | grep -qxF -e "$host"; then continue; fi
        describe "$host" "$3" &
    done
    wait
} | sort
