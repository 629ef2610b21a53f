#!/usr/bin/env bash
# Runs the command. Before starting a Postgres server on an empty PGDATA, creates cluster, user and database, and runs the
# scripts in /docker-entrypoint-initdb.d. As in the official image, sourced scripts may call docker_process_sql, "${psql[@]}"
# and file_env, and may use unset variables.
set -Eeo pipefail

# file_env VAR [DEFAULT]: sets VAR from VAR, from the file named by VAR_FILE, or to the default.
file_env() {
    local file=${1}_FILE value=${!1:-$2}
    if [ -n "${!1}" ] && [ -n "${!file}" ]; then
        echo "error: both $1 and $file are set (but are exclusive)" >&2
        exit 1
    fi
    [ -z "${!file}" ] || value=$(<"${!file}")
    export "$1=$value"
    unset "$file"
}

# The server must own its data, but a bind mount or a new volume may belong to any user.
own_directories() {
    local data=("$PGDATA" ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"}) socket=/var/run/postgresql
    # Some mounts do not allow this. Postgres reports an error if it matters.
    mkdir -p "${data[@]}" "$socket" || true
    chmod 700 "${data[@]}" || true
    [ "$(id -u)" != 0 ] || find "${data[@]}" "$socket" ! -user postgres -exec chown postgres {} +
}

require_password() {
    if [ "$POSTGRES_HOST_AUTH_METHOD" = trust ]; then
        echo 'WARNING: POSTGRES_HOST_AUTH_METHOD=trust allows anyone who can reach the port to connect without a password.' >&2
    elif [ -z "$POSTGRES_PASSWORD" ]; then
        cat >&2 <<'EOF'
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser, for example
       "-e POSTGRES_PASSWORD=password" on "docker run", or name a file that holds it in
       POSTGRES_PASSWORD_FILE. POSTGRES_HOST_AUTH_METHOD=trust allows all connections without a password.
EOF
        exit 1
    fi
}

make_cluster() {
    # Split into shell words: POSTGRES_INITDB_ARGS="--locale='en_US.utf8' --data-checksums".
    local args
    eval "args=($POSTGRES_INITDB_ARGS)"
    [ -z "$POSTGRES_INITDB_WALDIR" ] || args+=(--waldir "$POSTGRES_INITDB_WALDIR")

    # initdb requires that its user has a name, which an arbitrary --user lacks.
    local named=() names
    if ! getent passwd "$(id -u)" >/dev/null; then
        names=$(mktemp -d)
        echo "postgres:x:$(id -u):$(id -g):PostgreSQL:$PGDATA:/bin/false" >"$names/passwd"
        echo "postgres:x:$(id -g):" >"$names/group"
        named=(env LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD="$names/passwd" NSS_WRAPPER_GROUP="$names/group")
    fi
    "${named[@]}" initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") "${args[@]}"
    [ -z "$names" ] || rm -r "$names"

    # Authenticate with the method in which passwords are stored: scram-sha-256 by default.
    local auth=$POSTGRES_HOST_AUTH_METHOD
    [ -n "$auth" ] || auth=$(postgres -C password_encryption "$@")
    printf '\nhost all all all %s\n' "$auth" >>"$PGDATA/pg_hba.conf"
}

# docker_process_sql [psql argument...]: runs SQL from stdin or -f FILE in the new database. Stops at the first error.
docker_process_sql() {
    PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc \
        --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" "$@"
}

make_database() {
    local exists="SELECT FROM pg_database WHERE datname = :'db'"
    docker_process_sql --dbname postgres --set db="$POSTGRES_DB" \
        <<<"SELECT 'CREATE DATABASE ' || quote_ident(:'db') WHERE NOT EXISTS ($exists) \gexec"
}

run_init_files() {
    local psql=(docker_process_sql) file
    for file in /docker-entrypoint-initdb.d/*; do
        [ -e "$file" ] || continue
        echo "$0: $file"
        case $file in
            *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
            *.sql) docker_process_sql -f "$file" ;;
            *.sql.gz) gunzip -c "$file" | docker_process_sql ;;
            *.sql.xz) xz -dc "$file" | docker_process_sql ;;
            *.sql.zst) zstd -dc "$file" | docker_process_sql ;;
            *) echo "$0: ignoring $file, which is neither .sh nor .sql nor compressed .sql" ;;
        esac
    done
}

initialise() {
    require_password
    ls /docker-entrypoint-initdb.d >/dev/null # Fail before creating a cluster if these are not readable.
    make_cluster "$@"

    # Listen on the socket only, so that no client connects to an incomplete database.
    export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
    NOTIFY_SOCKET='' PGUSER=${PGUSER:-$POSTGRES_USER} pg_ctl start --wait \
        -o "$(printf '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}")"
    make_database
    run_init_files
    pg_ctl stop --wait --mode=fast
    unset PGPASSWORD
    printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

[[ $1 != -* ]] || set -- postgres "$@"

if [ "$1" = postgres ] && [[ ! " $* " =~ \ (-\?|--help|--describe-config|-V|--version)\  ]]; then
    # As root, because a secret's file may be readable for root only.
    file_env POSTGRES_PASSWORD
    file_env POSTGRES_USER postgres
    file_env POSTGRES_DB "$POSTGRES_USER"
    file_env POSTGRES_INITDB_ARGS

    own_directories
    [ "$(id -u)" != 0 ] || exec gosu postgres "$0" "$@"

    if [ -s "$PGDATA/PG_VERSION" ]; then
        printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
    else
        initialise "${@:2}"
    fi
fi

[ -z "$ENSURE_INITDB" ] || exit 0
exec "$@"
