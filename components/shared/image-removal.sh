#!/bin/sh
# Deletes the image called NAME when a stack is destroyed or a component is renamed. Keeps it if another image has the
# name now: IMAGE is the ID of the component's own.

id=$(docker image inspect --format '{{.Id}}' "$NAME" 2>/dev/null) || exit 0
[ "$id" != "$IMAGE" ] || docker image rm --force "$NAME" >/dev/null 2>&1 || true
