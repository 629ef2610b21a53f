/**
 * What stands before the official entrypoint. Three things that it leaves to the user: data of another major
 * version is refused with the way out, and untouched; a password that has changed since the data was made is
 * brought in line; and a role or a database that the data does not have is made. The server itself does that, in
 * single-user mode, which asks for no password.
 */
export const START_SCRIPT = String.raw`#!/bin/sh
set -eu

root=/var/lib/postgresql
for file in "$PGDATA" $root $root/data $root/*/docker $root/data/*/docker; do
    [ -s "$file/PG_VERSION" ] || continue
    found=$(cat "$file/PG_VERSION")
    [ "$file" = "$PGDATA" ] && [ "$found" = "$PG_MAJOR" ] && break
    [ "$found" = "$PG_MAJOR" ] || {
        echo "The data is PostgreSQL $found's, and this is PostgreSQL $PG_MAJOR, which cannot read it. The data is untouched." >&2
        echo "Set version back to $found; to move on, dump it there (pg_dumpall) and load it into a new service of version $PG_MAJOR." >&2
        exit 1
    }
done

if [ -s "$PGDATA/PG_VERSION" ]; then
    quoted=$(sed "s/'/''/g" "$POSTGRES_PASSWORD_FILE")
    as_postgres="gosu postgres"
    [ "$(id -u)" = 0 ] || as_postgres=
    # One statement a line.
    single_user() { $as_postgres postgres --single -D "$PGDATA" postgres; }
    printf '%s\n' \
        "DO \$\$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$POSTGRES_USER') THEN CREATE ROLE \"$POSTGRES_USER\" SUPERUSER LOGIN; END IF; END\$\$;" \
        "ALTER ROLE \"$POSTGRES_USER\" PASSWORD '$quoted';" |
        single_user >/dev/null
    found=$(echo "SELECT 'there' FROM pg_database WHERE datname = '$POSTGRES_DB';" | single_user)
    case $found in
    *'"there"'*) ;;
    *) echo "CREATE DATABASE \"$POSTGRES_DB\" OWNER \"$POSTGRES_USER\";" | single_user >/dev/null ;;
    esac
fi

exec docker-entrypoint.sh "$@"
`;
