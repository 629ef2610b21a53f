#!/bin/sh
# Deletes an earlier build, whose ID is IMAGE and whose name a newer build has taken. Leaves it if something has given it
# another name, or if a container uses it.

names=$(docker image inspect --format '{{len .RepoTags}}' "$IMAGE" 2>/dev/null) || exit 0
[ "$names" != 0 ] || docker image rm "$IMAGE" >/dev/null 2>&1 || true
