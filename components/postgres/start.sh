#!/bin/sh
# Runs the entrypoint of the official image as a child, and before it what the image leaves to its user:
# - It refuses data of another major version, data that the image would not find, and a directory that holds
#   something else, before anything is changed.
# - It starts a first start again from nothing if that was interrupted or if an init script failed.
# - Over existing data it sets the role's password, and creates the role and the database if they are missing.
set -eu

# Where the volume or the directory with the data is mounted; empty if there is none. The component fills it in.
volume=
# shellcheck disable=SC2034 # data-location.sh reads it.
root=/var/lib/postgresql

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Signals. As process 1, neither a shell nor the entrypoint ends at a stop, and the server would be killed in the end.

child=
stopping=
status=0
# The command before what runs as postgres.
as_postgres=

# Root may not signal processes of another user without a capability for it.
signal() {
    kill "-$1" "$child" 2>/dev/null || $as_postgres sh -c "kill -$1 $child" 2>/dev/null || true
}

stop() {
    [ -n "$child" ] || exit 0
    stopping=1
    signalled=1
    # A shell's background process ignores SIGINT and SIGQUIT until it handles them, as only the server does. Before
    # that, SIGTERM ends it; a server waits for its clients after SIGTERM, and closes their connections at SIGINT.
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

# Runs a command that signals reach; descriptor 3 is its input.
run() {
    "$@" <&3 3<&- &
    child=$!
    wait_for_child
    # A signal ends the waiting, and not the command.
    while [ -n "$signalled" ]; do
        before=$status
        wait_for_child
        # It had ended with the signal.
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

# Runs a command that comes before the server; nothing follows it after a stop.
prepare() {
    run "$@" || [ -n "$stopping" ] || exit "$status"
    [ -z "$stopping" ] || exit 0
}

# The image and the data, as they are found.

[ -n "${PGDATA:-}" ] && [ -n "$(command -v docker-entrypoint.sh)" ] || fail \
    "This image is not built from the official postgres image: it has no PGDATA or docker-entrypoint.sh." \
    "Use the official image, or one that is built FROM it."
if [ "$(id -u)" = 0 ]; then
    as_postgres="gosu postgres"
    # Older Alpine images.
    command -v gosu >/dev/null || as_postgres="su-exec postgres"
fi

# The component puts data-location.sh here.

# This directory is there from the beginning of a first start to its end: PGDATA holds no database until then.
first=$PGDATA/.first-start

# Names some of the files in a directory: `content [-A] DIRECTORY`.
content() {
    # shellcheck disable=SC2010
    ls "$@" 2>/dev/null | grep -vxF -e lost+found | head -n 3 | tr '\n' ' '
}

# Where the volume is above PGDATA, as of 18, the directories that the image may have there do not count.
content_above() {
    below=${PGDATA#"$volume/"}
    # shellcheck disable=SC2010
    ls "$@" "$volume" 2>/dev/null | grep -vxF -e lost+found -e data -e "${below%%/*}" | head -n 3 | tr '\n' ' '
}

if [ ! -s "$PGDATA/PG_VERSION" ] && [ ! -e "$first" ]; then
    # The home directory of postgres, which it is as of 18, may have dot files.
    foreign=$(content -A "$PGDATA")
    [ "${volume:-$PGDATA}" = "$PGDATA" ] || foreign=$foreign$(content_above)
    [ -z "$foreign" ] || fail \
        "The data directory is not empty, and what it holds is no database of PostgreSQL: $foreign... It is untouched." \
        "Name an empty directory or volume, or one with the data of PostgreSQL $PG_MAJOR."
fi

# The start.

if [ -s "$PGDATA/PG_VERSION" ] && [ ! -e "$first" ]; then
    # A server that was killed leaves files that name its process, and the number may belong to another one by now.
    for lock in "$PGDATA/postmaster.pid" /var/run/postgresql/.s.PGSQL.*.lock; do
        [ -e "$lock" ] || continue
        holder=$(head -n 1 "$lock" | tr -d -)
        case $(cat "/proc/$holder/comm" 2>/dev/null) in postgres) ;; *) rm -f "$lock" ;; esac
    done
    # Single-user mode asks for no password. One statement a line.
    quoted=$(sed "s/'/''/g" "$POSTGRES_PASSWORD_FILE")
    answer=$(mktemp)
    # The database's own settings may log statements, and one has the password.
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
# Images from before 2023 lack the command: they may leave half a database.
elif command -v docker-ensure-initdb.sh >/dev/null; then
    [ ! -e "$first" ] || echo "The first start was interrupted, or failed: it starts again from nothing." >&2
    # The entrypoint gives PGDATA to postgres, but not a directory of the host above it, as of 18.
    if [ "$(id -u)" = 0 ] && [ "${volume:-$PGDATA}" != "$PGDATA" ] && [ -z "$(content_above -A)" ]; then
        chown postgres "$volume"
    fi
    mkdir -p "$first"
    find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .first-start -exec rm -rf {} +
    rm -rf "$first/data"
    # initdb refuses a directory that is not empty. Init scripts need the database where it stays.
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
    # The directory must not come back, after a power cut, over a database that was used since.
    sync "$PGDATA" || sync
fi

run docker-entrypoint.sh "$@" 3</dev/null || true
# A stop before the server was there is as good as any.
[ -z "$stopping" ] || [ "$status" != 143 ] || exit 0
exit "$status"
