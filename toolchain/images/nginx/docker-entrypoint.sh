#!/bin/sh
# As in the official image: fills in variables in templates/*.template, runs the scripts in /docker-entrypoint.d, then the
# command.
set -e

case "${1-}" in
    nginx | nginx-debug)
        for template in /etc/nginx/templates/*.template; do
            [ -e "$template" ] || continue
            file=$(basename "$template" .template)
            variables=$(env | cut -d = -f 1 | sed 's/.*/${&}/' | tr '\n' ' ')
            envsubst "$variables" <"$template" >"/etc/nginx/conf.d/$file"
        done
        for script in /docker-entrypoint.d/*.sh; do
            [ ! -x "$script" ] || "$script"
        done
        ;;
esac

exec "$@"
