#!/bin/sh
# health-address.sh COMMAND ARG...: runs a health check on the address that other containers use. Appends the address to the
# command. A server that is still starting, or is misconfigured, may answer on localhost only. Docker writes the address
# into /etc/hosts.

address=127.0.0.1
read -r name </etc/hostname
while read -r ip names; do
    case " $names " in *" $name "*) address=$ip && break ;; esac
done </etc/hosts
"$@" "$address" && exit
[ "$address" = 127.0.0.1 ] || ! "$@" 127.0.0.1 >/dev/null 2>&1 ||
    echo "It answers on localhost only, where nothing outside of its container reaches it: let it listen on 0.0.0.0."
exit 1
