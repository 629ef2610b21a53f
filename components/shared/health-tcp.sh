#!/bin/sh
# Health check by a TCP connection: health-tcp.sh PORT LIMIT. Succeeds if the port accepts a connection, and sends nothing.
# Connects to the address that other containers use, which Docker writes into /etc/hosts.
#
# Uses the first of these tools that the image has.
#
# Changing this text below the header replaces the containers of applications.

port=$1 limit=$2
address=127.0.0.1
read -r name </etc/hostname
while read -r ip names; do
    case " $names " in *" $name "*) address=$ip && break ;; esac
done </etc/hosts
has() { command -v "$1" >/dev/null; }
connects_to() {
    if has bash; then
        timeout "$limit" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$port" 2>/dev/null
    elif has nc; then
        nc -z -w "$limit" "$1" "$port" 2>/dev/null
    elif has ruby; then
        ruby -rsocket -e 'host, port, limit = ARGV
            Socket.tcp(host, port, connect_timeout: limit.to_i).close' "$1" "$port" "$limit" 2>/dev/null
    elif has python3; then
        python3 -c 'import socket, sys
_, host, port, limit = sys.argv
socket.create_connection((host, int(port)), int(limit)).close()' "$1" "$port" "$limit" 2>/dev/null
    elif has node; then
        node -e 'const [host, port, limit] = process.argv.slice(1);
            setTimeout(() => process.exit(1), limit * 1000);
            require("net").connect({ host, port }, () => process.exit()).on("error", () => process.exit(1));' \
            "$1" "$port" "$limit"
    elif has perl; then
        perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1],
            Timeout => $ARGV[2]) or exit 1' "$1" "$port" "$limit"
    else
        echo "This image has no bash, nc, ruby, python3, node or perl to open a connection with: set health.command."
        exit 1
    fi
}
message=$(connects_to "$address") && exit 0
if [ -n "$message" ]; then
    echo "$message"
    exit 1
fi
echo "Nothing accepts connections on port $port within $limit s."
if [ "$address" != 127.0.0.1 ] && connects_to 127.0.0.1 >/dev/null; then
    echo "It listens on localhost only, where nothing outside of its container reaches it: let it listen on 0.0.0.0."
else
    echo "If it runs, it may listen on another port: set port."
fi
exit 1
