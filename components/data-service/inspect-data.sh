#!/bin/sh
# Runs as root in a container of a service's image. PROGRAMS, VARIABLES, DATA_FILES and IGNORED_FILES are the service's
# requirements, one on each line, and CHECK is a script.
# Exits with 64 if the image does not meet them, with 65 if the data is not in a directory, and with 66 if the directory
# holds something else: it then prints some of the names.

newline='
'
IFS=$newline
for program in $PROGRAMS; do
    command -v "$program" >/dev/null || exit 64
done
for variable in $VARIABLES; do
    env | grep -q "^$variable=." || exit 64
done
[ -z "$DATA" ] || [ -d /drydock-data ] || exit 65
# In a shell of its own, with the default IFS.
sh -c "$CHECK" || exit
[ -n "$DATA" ] || exit 0
# Root may not enter a directory on NFS. The service itself may.
cd /drydock-data 2>/dev/null || exit 0
for file in $DATA_FILES; do
    [ ! -e "$file" ] || exit 0
done
set --
for file in $IGNORED_FILES; do
    set -- "$@" -e "$file"
done
# shellcheck disable=SC2010 # The names are for a message only.
others=$(ls -A | grep -vxF "$@" | head -n 3 | tr '\n' ' ')
[ -z "$others" ] || { echo "$others" && exit 66; }
