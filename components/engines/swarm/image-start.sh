#!/bin/sh
# Prints the entrypoint and the command of an image as JSON. Pulls the image if another manager of the Swarm has pulled it.
#
# IMAGE   reference of the image

set -e

docker image inspect "$IMAGE" >/dev/null 2>&1 || docker pull --quiet "$IMAGE" >/dev/null
docker image inspect --format '[{{json .Config.Entrypoint}}, {{json .Config.Cmd}}]' "$IMAGE"
