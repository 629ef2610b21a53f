#!/bin/sh
# Deletes an earlier build with the ID IMAGE, whose name a newer build has taken. Keeps it if it has another name or a
# container uses it.

names=$(docker image inspect --format '{{len .RepoTags}}' "$IMAGE" 2>/dev/null) || exit 0
[ "$names" != 0 ] || docker image rm "$IMAGE" >/dev/null 2>&1 || true
