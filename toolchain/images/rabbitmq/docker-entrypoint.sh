#!/usr/bin/env bash
# As root, sets the owner of the data directory and switches to the user rabbitmq. RABBITMQ_DEFAULT_USER, _PASS and _VHOST
# are read by the server itself, while its data directory is empty.
set -euo pipefail

if [[ ${1-} == rabbitmq* ]] && [ "$(id -u)" = 0 ]; then
    [ "$1" != rabbitmq-server ] || find /var/lib/rabbitmq ! -user rabbitmq -exec chown rabbitmq {} +
    exec gosu rabbitmq "$0" "$@"
fi

exec "$@"
