#!/usr/bin/env bash
# Runs the command. Before starting a server on an empty data directory, creates root, the database and the user from the
# MARIADB_... (or MYSQL_...) variables of the official image and their _FILE forms, and runs the scripts in
# /docker-entrypoint-initdb.d.
set -eo pipefail

data=/var/lib/mysql

die() {
    echo "[ERROR] [Entrypoint]: $*" >&2
    exit 1
}

# setting NAME: the value of MARIADB_NAME or MYSQL_NAME, or what the file in its _FILE form contains.
setting() {
    local prefix name file
    for prefix in MARIADB MYSQL; do
        name=${prefix}_$1 file=${prefix}_$1_FILE
        if [ -n "${!name}" ] && [ -n "${!file}" ]; then die "Both $name and $file are set (but are exclusive)"; fi
        if [ -n "${!name}" ]; then printf %s "${!name}" && return; fi
        if [ -n "${!file}" ]; then
            printf %s "$(<"${!file}")"
            return
        fi
    done
}

quote() { printf "'%s'" "$(sed "s/[\\\\']/\\\\&/g" <<<"$1")"; }

# Runs SQL on the server that only this script can reach.
sql() { mariadb --protocol=socket --user=root --socket=/run/mysqld/init.sock --comments "$@"; }

initialize() {
    local root database user password host random
    root=$(setting ROOT_PASSWORD) database=$(setting DATABASE) user=$(setting USER) password=$(setting PASSWORD)
    host=$(setting ROOT_HOST) random=$(setting RANDOM_ROOT_PASSWORD)
    if [ -z "$root" ] && [ -z "$(setting ALLOW_EMPTY_ROOT_PASSWORD)" ] && [ -z "$random" ]; then
        die 'Database is uninitialized and password option is not specified
	You need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD'
    fi
    if [ -n "$random" ]; then
        root=$(tr -dc a-zA-Z0-9 </dev/urandom | head -c 32 || true)
        echo "[Note] [Entrypoint]: GENERATED ROOT PASSWORD: $root"
    fi
    mariadb-install-db --datadir=$data --rpm --auth-root-authentication-method=normal --skip-test-db \
        --old-mode='UTF8_IS_UTF8MB3' --default-time-zone=SYSTEM --enforce-storage-engine= --skip-log-bin --expire-logs-days=0
    "$@" --skip-networking --socket=/run/mysqld/init.sock --skip-log-bin &
    local pid=$! _
    for _ in $(seq 300); do
        sql --execute 'SELECT 1' >/dev/null 2>&1 && break
        kill -0 $pid || die 'Unable to start server.'
        sleep 0.2
    done
    {
        [ -z "$user" ] || echo "CREATE USER $(quote "$user")@'%' IDENTIFIED BY $(quote "$password");"
        if [ -n "$database" ]; then
            echo "CREATE DATABASE IF NOT EXISTS \`$database\`;"
            [ -z "$user" ] || echo "GRANT ALL ON \`${database//_/\\_}\`.* TO $(quote "$user")@'%';"
        fi
        if [ "${host:=%}" != localhost ]; then
            echo "CREATE USER 'root'@$(quote "$host") IDENTIFIED BY $(quote "$root");"
            echo "GRANT ALL ON *.* TO 'root'@$(quote "$host") WITH GRANT OPTION;"
        fi
    } | sql
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
            *.sql) sql ${database:+--database="$database"} <"$file" ;;
        esac
    done
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(quote "$root");" | sql
    kill $pid
    wait $pid || die 'Unable to stop the server.'
}

case "${1-}" in -*) set -- mariadbd "$@" ;; esac
if [ "$1" = mariadbd ] || [ "$1" = mysqld ]; then
    if [ "$(id -u)" = 0 ]; then
        mkdir -p $data
        find $data /run/mysqld ! -user mysql -exec chown mysql: {} +
        exec gosu mysql "$0" "$@"
    fi
    [ -d $data/mysql ] || initialize "$@"
fi
exec "$@"
