#!/bin/sh
# Makes the application's data writable for the user that it runs as. Runs as root in a container of the application's
# image, with tools that both Debian and Alpine have.
#
# Arguments: the user, or user:group; the path of the data; and `volume`, or the path of the directory on its host. In a
# volume, the user becomes the owner of everything. A directory may hold anything: only an empty one changes its owner.

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
    echo "The image has no user $1: set user to an existing one, or to numbers such as 1000:1000" >&2
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
Make that user the owner of the directory and its content: chown -R $uid:$gid $3
END
exit 1
