#!/bin/sh
# health-tcp.sh PORT: health check of a TCP port. Succeeds if something listens on the port, at an address that other
# containers can reach. Reads the kernel's list of sockets and opens no connection: nothing appears in the server's log,
# MariaDB does not count a failed login (it blocks a host after 100), and the image needs only a shell.
#
# Changing anything below this header replaces the containers of applications.

port=$1 localhost=
hex=$(printf %04X "$port")
for sockets in /proc/net/tcp /proc/net/tcp6; do
    [ -r $sockets ] || continue
    while read -r _ address _ state _; do
        # 0A is LISTEN. Addresses are in the byte order of the machine: 127.0.0.1 is 0100007F on most.
        case $state/$address in
        0A/??????7F:"$hex" | 0A/7F000001:"$hex") localhost=yes ;;
        0A/000000000000000000000000"01000000:$hex" | 0A/000000000000000000000000"00000001:$hex") localhost=yes ;;
        0A/0000000000000000FFFF0000??????7F:"$hex" | 0A/00000000000000000000FFFF7F000001:"$hex") localhost=yes ;;
        0A/*:"$hex") exit 0 ;;
        esac
    done <$sockets
done
if [ -n "$localhost" ]; then
    echo "Port $port is open on localhost only, where nothing outside of its container reaches it: let it listen on 0.0.0.0."
else
    echo "Nothing listens on TCP port $port. If it runs, it may listen on another port: set port."
fi
exit 1
