#!/bin/sh
# Functions for scripts that manage the images of an application's releases. NAMES is the prefix of the tags that keep these
# images.

# remove_images [NAME...]: removes all of these tags except NAME..., and the images that have no other name. Docker
# refuses to remove an image that a container uses.
remove_images() {
    for name in $(docker image ls --format '{{.Repository}}:{{.Tag}}' --filter "reference=$NAMES.*"); do
        case " $* " in *" $name "*) continue ;; esac
        id=$(docker image inspect --format '{{.Id}}' "$name") || continue
        docker image rm "$name" || continue
        others=$(docker image inspect --format '{{len .RepoTags}}' "$id") || continue
        [ "$others" != 0 ] || docker image rm "$id" || true
    done
}

