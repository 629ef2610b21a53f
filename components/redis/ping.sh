#!/bin/sh
# Health check of Redis: ping.sh PASSWORD_FILE ADDRESS. PASSWORD_FILE is empty if Redis has no password.
# The password is not an argument, as every user of the host can read the arguments of a process.

password_file=$1 address=$2
if [ -n "$password_file" ]; then
    REDISCLI_AUTH=$(cat "$password_file")
    export REDISCLI_AUTH
fi
answer=$(redis-cli -h "$address" ping 2>&1)
case $answer in
*PONG*) ;;
*) echo "$answer" && exit 1 ;;
esac
