/**
 * What stands before the official entrypoint, and does what that leaves to the user: a first start that was broken
 * off, or whose init scripts fail, is no database, and begins again; data of another major version, or out of the
 * image's sight, is refused with the way out, and untouched; a password that has changed since the data was made is
 * brought in line; and a role or a database that the data does not have is made. The server itself does that, in
 * single-user mode, which asks for no password.
 *
 * @param volume where the volume or directory with the data is mounted, if there is one
 */
export function startScript(volume = ""): string {
    return String.raw`#!/bin/sh
set -eu

root=/var/lib/postgresql
volume=${volume}
[ "$PG_MAJOR" -ge 18 ] && expected=$root || expected=$root/data
[ -z "$volume" ] || [ "$volume" = "$expected" ] || {
    echo "The image is PostgreSQL $PG_MAJOR's, which keeps its data in $expected, and the volume is at $volume. Set version to $PG_MAJOR." >&2
    exit 1
}
for file in "$PGDATA" $root $root/data $root/*/docker $root/data/*/docker; do
    [ -s "$file/PG_VERSION" ] || continue
    found=$(cat "$file/PG_VERSION")
    [ "$found" = "$PG_MAJOR" ] || {
        echo "The data is PostgreSQL $found's, and this is PostgreSQL $PG_MAJOR, which cannot read it. The data is untouched." >&2
        echo "Set version back to $found; to move on, dump it there (pg_dumpall) and load it into a new service of version $PG_MAJOR." >&2
        exit 1
    }
    [ "$file" != "$PGDATA" ] || break
    echo "There is data in $file, and this image looks for it in $PGDATA. The data is untouched: move it there, or name another volume." >&2
    exit 1
done

# The database is made in a folder of its own, and moved to its place when it is whole; PG_VERSION says that it is.
first=$PGDATA/.first-start
if [ -s "$PGDATA/PG_VERSION" ]; then
    rm -rf "$first"
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
# An older image lacks the command, and a folder with something else in it is the entrypoint's to refuse.
elif command -v docker-ensure-initdb.sh >/dev/null &&
    { [ -e "$first/complete" ] || ! ls -A "$PGDATA" 2>/dev/null | grep -qvxF -e .first-start -e lost+found; }; then
    [ -e "$first/complete" ] || {
        rm -rf "$first"
        mkdir -p "$first"
        PGDATA=$first/data docker-ensure-initdb.sh "$@"
        touch "$first/complete"
    }
    for file in "$first"/data/*; do
        [ "$file" = "$first/data/PG_VERSION" ] || mv "$file" "$PGDATA"
    done
    mv "$first/data/PG_VERSION" "$PGDATA"
    rm -rf "$first"
fi

exec docker-entrypoint.sh "$@"
`;
}
