#!/bin/sh
set -e

# docker run memcached -m 128
case "${1-}" in
    -*) set -- memcached "$@" ;;
esac

exec "$@"
