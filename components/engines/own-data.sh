#!/bin/sh
# Runs as root in a container of the application's image, with what Debian and Alpine have: makes the application's data
# writable for the user that it runs as.
#
# Arguments: the user, or user:group; the path of the data; and `volume`, or else the path of the directory on its host. All
# of a volume is given to the user. Of a directory, which may hold anything, only an empty one is.

set -eu

user=${1%%:*}
uid=$user
gid=0
while IFS=: read -r name _ number group _; do
    if [ "$user" = "$name" ] || [ "$user" = "$number" ]; then
        uid=$number
        gid=$group
        break
    fi
done </etc/passwd
case $1 in
*:*)
    gid=${1#*:}
    while IFS=: read -r name _ number _; do
        [ "$gid" != "$name" ] || gid=$number
    done </etc/group
    ;;
esac
case $uid:$gid in
*[!0-9:]*)
    echo "The image has no user $1: set user to one that it has, or to numbers such as 1000:1000" >&2
    exit 1
    ;;
0:*) exit ;;
esac

if [ "$3" = volume ]; then
    find "$2" -xdev ! -user "$uid" -exec chown -h "$uid:$gid" {} +
    exit
fi
writable=$(find "$2" -prune \( -user "$uid" -perm -0200 -o -group "$gid" -perm -0020 -o -perm -0002 \))
[ -z "$writable" ] || exit 0
if [ -z "$(ls -A "$2")" ]; then
    chown "$uid:$gid" "$2"
    exit
fi
cat >&2 <<END
The application runs as the user $uid, which cannot write to the directory $3 of the host.
Give it to that user, with all that it holds: chown -R $uid:$gid $3
END
exit 1
