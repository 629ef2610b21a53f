#!/bin/sh
# Runs the entrypoint of the official image as a child. Before that, does what the image does not do:
# - Refuses data of another major version, data that the image would not find, and a directory that holds something else,
#   before anything is changed.
# - Repeats the first start from scratch if it was interrupted or an init script failed.
# - If there is data, sets the role's password, and creates the role and the database if they are missing.
set -eu

# Where the volume or the directory with the data is mounted; empty if there is none. The component fills it in.
volume=
# shellcheck disable=SC2034 # data-location.sh reads it.
root=/var/lib/postgresql

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Signals. As process 1, neither a shell nor the entrypoint would exit on a stop signal, and Docker would kill the server.

child=
stopping=
status=0
# Prefix of commands that run as the user postgres.
as_postgres=

# Root may not signal processes of another user without a capability for it.
signal() {
    kill "-$1" "$child" 2>/dev/null || $as_postgres sh -c "kill -$1 $child" 2>/dev/null || true
}

stop() {
    [ -n "$child" ] || exit 0
    stopping=1
    signalled=1
    # A background process of a shell ignores SIGINT and SIGQUIT unless it handles them, which only the server does. All
    # others end on SIGTERM. A server waits for its clients on SIGTERM, and closes their connections on SIGINT.
    signal TERM
    [ "$1" = TERM ] || signal "$1"
}

reload() {
    signalled=1
    case $(cat "/proc/$child/comm" 2>/dev/null) in postgres) signal HUP ;; esac
}

trap 'stop INT' INT
trap 'stop TERM' TERM
trap 'stop QUIT' QUIT
trap reload HUP

# Runs a command and passes signals on to it. Descriptor 3 is its standard input.
run() {
    "$@" <&3 3<&- &
    child=$!
    wait_for_child
    # A signal interrupts `wait`, but does not end the command.
    while [ -n "$signalled" ]; do
        before=$status
        wait_for_child
        # 127: the command had already ended.
        [ "$status" != 127 ] || status=$before
    done
    child=
    return "$status"
}

wait_for_child() {
    signalled=
    status=0
    wait "$child" || status=$?
}

# Runs a command that prepares the server. If it fails or is stopped, the script exits.
prepare() {
    run "$@" || [ -n "$stopping" ] || exit "$status"
    [ -z "$stopping" ] || exit 0
}

# Checks of the image and the data.

[ -n "${PGDATA:-}" ] && [ -n "$(command -v docker-entrypoint.sh)" ] || fail \
    "This image is not built from the official postgres image: it has no PGDATA or docker-entrypoint.sh." \
    "Use the official image, or one that is built FROM it."
if [ "$(id -u)" = 0 ]; then
    as_postgres="gosu postgres"
    # Older Alpine images.
    command -v gosu >/dev/null || as_postgres="su-exec postgres"
fi

# The component puts data-location.sh here.

# This directory exists during the first start. As long as it exists, PGDATA holds no complete database.
first=$PGDATA/.first-start

# content [-A] DIRECTORY: names of some of its files.
content() {
    # shellcheck disable=SC2010
    ls "$@" 2>/dev/null | grep -vxF -e lost+found | head -n 3 | tr '\n' ' '
}

# content_above [-A]: the same for the volume if it is above PGDATA, as it is since version 18. Ignores the directories that
# the image may have there.
content_above() {
    below=${PGDATA#"$volume/"}
    # shellcheck disable=SC2010
    ls "$@" "$volume" 2>/dev/null | grep -vxF -e lost+found -e data -e "${below%%/*}" | head -n 3 | tr '\n' ' '
}

if [ ! -s "$PGDATA/PG_VERSION" ] && [ ! -e "$first" ]; then
    # Since version 18, the volume is the home directory of the user postgres, which may have dot files.
    foreign=$(content -A "$PGDATA")
    [ "${volume:-$PGDATA}" = "$PGDATA" ] || foreign=$foreign$(content_above)
    [ -z "$foreign" ] || fail \
        "The data directory is not empty, and does not hold a PostgreSQL database: $foreign... It is untouched." \
        "Name an empty directory or volume, or one with the data of PostgreSQL $PG_MAJOR."
fi

# The start.

if [ -s "$PGDATA/PG_VERSION" ] && [ ! -e "$first" ]; then
    # A killed server leaves files with its PID, which another process may have by now.
    for lock in "$PGDATA/postmaster.pid" /var/run/postgresql/.s.PGSQL.*.lock; do
        [ -e "$lock" ] || continue
        holder=$(head -n 1 "$lock" | tr -d -)
        case $(cat "/proc/$holder/comm" 2>/dev/null) in postgres) ;; *) rm -f "$lock" ;; esac
    done
    # Single-user mode needs no password, and takes one statement on each line.
    quoted=$(sed "s/'/''/g" "$POSTGRES_PASSWORD_FILE")
    answer=$(mktemp)
    # The database's settings may log statements, and one contains the password.
    unlogged="-c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic"
    # shellcheck disable=SC2086 # Several words, or none.
    prepare $as_postgres postgres --single -D "$PGDATA" $unlogged postgres 3<<SQL >"$answer"
DO \$\$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$POSTGRES_USER') THEN CREATE ROLE "$POSTGRES_USER" SUPERUSER LOGIN; END IF; END\$\$;
ALTER ROLE "$POSTGRES_USER" PASSWORD '$quoted';
SELECT 'there' FROM pg_database WHERE datname = '$POSTGRES_DB';
SQL
    # shellcheck disable=SC2086
    grep -q '"there"' "$answer" || prepare $as_postgres postgres --single -D "$PGDATA" postgres 3<<SQL >/dev/null
CREATE DATABASE "$POSTGRES_DB" OWNER "$POSTGRES_USER";
SQL
    rm -f "$answer"
# Images older than 2023 lack the command: an interrupted first start may leave an incomplete database.
elif command -v docker-ensure-initdb.sh >/dev/null; then
    [ ! -e "$first" ] || echo "The first start was interrupted or failed. Starting again from scratch." >&2
    # The entrypoint changes the owner of PGDATA, but not of a host directory above it (since version 18).
    if [ "$(id -u)" = 0 ] && [ "${volume:-$PGDATA}" != "$PGDATA" ] && [ -z "$(content_above -A)" ]; then
        chown postgres "$volume"
    fi
    mkdir -p "$first"
    find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .first-start -exec rm -rf {} +
    rm -rf "$first/data"
    # initdb refuses a directory that is not empty, as PGDATA is now: the wrapper runs it in a new directory, and moves the
    # database to its final place before init scripts run.
    programs=$(mktemp -d)
    cat >"$programs/initdb" <<'INITDB'
#!/bin/sh
set -eu
PATH=${PATH#*:}
[ ! -e "$PGDATA/PG_VERSION" ] || exec initdb "$@"
first=$PGDATA/.first-start
PGDATA=$first/data initdb "$@"
mv "$first/data"/* "$PGDATA"
INITDB
    chmod 755 "$programs" "$programs/initdb"
    prepare env "PATH=$programs:$PATH" docker-ensure-initdb.sh "$@" 3</dev/null
    rm -rf "$first" "$programs"
    # After a power failure, the directory must not reappear: the next start would delete a database that is in use.
    sync "$PGDATA" || sync
fi

run docker-entrypoint.sh "$@" 3</dev/null || true
# Being stopped before the server runs is not a failure.
[ -z "$stopping" ] || [ "$status" != 143 ] || exit 0
exit "$status"
