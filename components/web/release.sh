#!/bin/sh
# Records a release of an application, unless the latest one has the same image and the same variables. Prints the last
# releases, the latest first, each a JSON object on a line of its own. Comes after release-functions.sh.
#
#   {"image":"sha256:...","variables":"1a2b...","release":3,"time":"2026-01-31T12:00:00Z","commit":"0f3c...","changed":false}
#
# `commit` is missing without git; `changed` says whether DIRECTORY had uncommitted changes. After a rollback, the first
# line is {"rollback":2,"time":"..."}: the release that serves.
#
# PULUMI_COMMAND_STDOUT   output of the last run. In the first run, it may come from another program
# IMAGE                   ID, digest or name of the image
# VARIABLES               fingerprint of the variables
# KEEP                    how many releases to keep
# ROLLBACK                release to which the application is rolled back; empty otherwise
# DIRECTORY               directory with the source of the image
# NAMES                   prefix of the tags that keep the images of the releases on this Docker Engine; empty on a Swarm,
#                         whose nodes pull the images

# shellcheck disable=SC2153 # IMAGE is not image.
set -euf
newline='
'

now() {
    date -u +%Y-%m-%dT%H:%M:%SZ
}

# Prints the ID of the image if IMAGE is a name, as the name may get another image later.
resolve() {
    case $IMAGE in
    *sha256:*) ;;
    *) [ -z "$NAMES" ] || ! docker image inspect --format '{{.Id}}' "$IMAGE" 2>/dev/null || return 0 ;;
    esac
    printf '%s\n' "$IMAGE"
}

# The fields that are not compared with the latest release.
details() {
    number=0
    case $releases in '{'*)
        latest=${releases%%"$newline"*}
        number=${latest##*'"release":'}
        number=${number%%,*}
        ;;
    esac
    printf '"release":%s,"time":"%s"' "$((number + 1))" "$(now)"
    commit=$(git -C "$DIRECTORY" rev-parse HEAD 2>/dev/null) || return 0
    files=$(git -C "$DIRECTORY" --no-optional-locks status --porcelain -- . 2>/dev/null) || return 0
    changed=false
    [ -z "$files" ] || changed=true
    printf ',"commit":"%s","changed":%s' "$commit" "$changed"
}

# Tags the image, so that `docker image prune` keeps it, and removes the images of releases that are no longer kept.
keep_images() {
    docker tag "$image" "$(name_of "$image")"
    kept=
    for id in $(printf '%s\n' "$releases" | sed 's/^{"image":"\([^"]*\)".*/\1/'); do
        kept="$kept $(name_of "$id")"
    done
    remove_images "$kept"
}

name_of() {
    printf '%s.%.12s' "$NAMES" "${1##*sha256:}"
}

image=$(resolve)
releases=${PULUMI_COMMAND_STDOUT:-}
case $releases in
'{"rollback":'*) releases=${releases#*"$newline"} ;;
'{"image":'*) ;;
*) releases= ;;
esac
if [ -n "$ROLLBACK" ]; then
    printf '{"rollback":%s,"time":"%s"}\n' "$ROLLBACK" "$(now)"
else
    content="{\"image\":\"$image\",\"variables\":\"$VARIABLES\","
    case $releases in
    "$content"*) ;;
    *) releases="$content$(details)}$newline$releases" ;;
    esac
    releases=$(printf '%s\n' "$releases" | head -n "$KEEP")
fi
printf '%s\n' "$releases"
case $image in *sha256:*) [ -z "$NAMES" ] || keep_images >/dev/null 2>&1 || true ;; esac
