#!/bin/sh
# health-pause.sh PAUSE LIMIT COMMAND ARG...: runs a health check. If the last check succeeded, first waits PAUSE seconds: a
# check every 2 s would use 2 % of a CPU. Docker's own option, start-interval, needs Docker 25 and does not exist on a
# Swarm. The command may take LIMIT seconds; Docker's timeout includes the pause.
#
# /dev/shm is writable for every user, even with a read-only root file system, and empty after each start. Without it, or
# without `sleep`, there is no pause. In an old busybox, `timeout` has another syntax: there is no limit then.
#
# Changing anything below this header replaces the containers of applications.

pause=$1 limit=$2 healthy=/dev/shm/.drydock-healthy
shift 2
[ ! -s $healthy ] || sleep "$pause" 2>/dev/null
if timeout "$limit" true 2>/dev/null; then set -- timeout "$limit" "$@"; fi
"$@"
status=$?
if [ $status = 0 ]; then
    { echo yes >$healthy; } 2>/dev/null
    exit 0
fi
{ true >$healthy; } 2>/dev/null
case $status in 124 | 143) echo "The check took more than $((limit - 1)) s." ;; esac
exit 1
