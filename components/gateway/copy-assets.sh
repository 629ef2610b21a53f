#!/bin/sh
# Keeps the assets of an application's releases in its gateways. The first argument is the function to run:
# - create: adds the assets of this release.
# - delete: removes the assets of all releases.
#
# IMAGE              image of the application
# HOST               host name of the web process
# DIRECTORIES        directories with assets, one on each line
# RELEASES           how many releases to keep
# GATEWAYS           names of the gateways' containers, one on each line
# KEEP_ASSETS        script that runs in a container of the image
# ASSETS_DIRECTORY   directory in the gateways' containers, which is a volume
# LABELS             labels of the containers that this starts, one on each line

set -euf

create() {
    for gateway in $GATEWAYS; do
        format="{{range .Mounts}}{{if eq .Destination \"$ASSETS_DIRECTORY\"}}{{.Name}}{{end}}{{end}}"
        volume=$(docker container inspect --format "$format" "$gateway")
        set --
        for label in $LABELS; do set -- "$@" --label "$label"; done
        # shellcheck disable=SC2086 # one word for each
        docker run --rm --network none --user 0:0 --cap-drop ALL --cap-add DAC_OVERRIDE \
            --security-opt no-new-privileges "$@" --volume "$volume:$ASSETS_DIRECTORY" --entrypoint sh "$IMAGE" \
            -c "$KEEP_ASSETS" keep-assets "$ASSETS_DIRECTORY/$HOST" "$RELEASES" $DIRECTORIES >&2
    done
}

delete() {
    for gateway in $GATEWAYS; do
        docker container inspect "$gateway" >/dev/null 2>&1 || continue
        # shellcheck disable=SC2016 # the container's shell expands it
        run_in "$gateway" 'rm -rf "$0"' "$ASSETS_DIRECTORY/$HOST" </dev/null >&2
    done
}

"$1"
