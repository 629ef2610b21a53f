#!/bin/sh
# Fails if IMAGE has no shell, which the health check needs. Creates a container of the image, but does not start it.

set -eu

id=$(docker create --network none "$IMAGE" unused)
status=0
docker cp "$id:/bin/sh" - >/dev/null 2>&1 || status=1
docker rm --volumes "$id" >/dev/null
[ $status = 0 ] || cat >&2 <<'END'
The image has no shell (/bin/sh), which the health check needs. Set health.disabled to true: an update then only waits until
the container has run for 5 s. Or set health.command to a program of the image, and health.interval, with which it needs no shell.
END
exit $status
