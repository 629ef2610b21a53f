#!/bin/sh
# Runs SQL, the content of create-database.sql, with psql in a container of IMAGE that joins NETWORK. PGHOST, PGUSER,
# PGPASSWORD and PGDATABASE select the server. DATABASE, ROLE, ROLE_PASSWORD and ROLE_OPTION describe what to create. LABELS
# are the labels of the container, one on each line.

# shellcheck disable=SC2086 # Lists are split into their lines.
set -euf
newline='
'
export PGCONNECT_TIMEOUT=20
IFS=$newline
set --
for label in $LABELS; do set -- "$@" --label "$label"; done
unset IFS
# Do not pass the network here: a Swarm's network may not be on this machine yet (see task.sh).
id=$(docker create --interactive "$@" --cap-drop ALL --security-opt no-new-privileges \
    --env PGHOST --env PGUSER --env PGPASSWORD --env PGDATABASE --env PGCONNECT_TIMEOUT \
    --env ROLE_PASSWORD --entrypoint psql "$IMAGE" --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    --set "database=$DATABASE" --set "role=$ROLE" --set "option=$ROLE_OPTION" --file -)
trap 'docker rm --force --volumes "$id" >/dev/null 2>&1' EXIT
trap 'exit 130' INT TERM
docker network connect "$NETWORK" "$id"
docker network disconnect bridge "$id" >/dev/null 2>&1 || true
printf '%s\n' "$SQL" | docker start --attach --interactive "$id"
