#!/bin/sh
# Runs in the container of a gateway: sets the container that answers requests for a process's host name.
#
# $0  directory of the routes
# $1  host name
# $2  name of the container

set -eu
umask 077
mkdir -p "$0/targets"
exec 9>"$0/lock"
flock 9
printf %s "$2" >"$0/target"
mv "$0/target" "$0/targets/$1"
