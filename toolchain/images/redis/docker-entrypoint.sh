#!/bin/sh
set -e

# docker run redis --save 60 1, docker run redis /etc/redis.conf
case "${1-}" in
    -* | *.conf) set -- redis-server "$@" ;;
esac

# As root, set the owner of the data directory, which may be a bind mount, and switch to the user redis.
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
    [ -n "${SKIP_FIX_PERMS-}" ] || find . ! -user redis -exec chown redis {} +
    exec setpriv --reuid=redis --regid=redis --clear-groups -- "$0" "$@"
fi

# Only redis may read the dumps, unless a umask is set.
[ "$(umask)" != 0022 ] || umask 0077

exec "$@"
