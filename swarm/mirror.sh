# Pushes images of this machine to the mirror. Sourced, not run.

manifest() { docker manifest inspect --insecure "$1" 2>/dev/null; }

# in_mirror NAME ID: the mirror has the image by both.
in_mirror() {
    local there
    there=$(manifest "$1") && [ "$there" = "$(manifest "${1%:*}:$2")" ]
}

# push_to_mirror MIRROR IMAGE: under its name, and under its ID too, by which the next run finds it. A digest would
# not do: an ID is that of its configuration or, with the containerd image store, of its manifest or of an index,
# and which of them arrives depends on how many platforms are here.
# Up to three times, because a set-up that was killed may have left the same push under way, and that ends by
# removing the names.
push_to_mirror() (
    there=$1/library/$2
    id=$(docker image inspect --format '{{.Id}}' "$2") || exit
    id=${id#sha256:}
    names="${there%:*}:$id $there"
    trap 'docker image rm $names >/dev/null 2>&1 || true' EXIT
    for _ in 1 2 3; do
        ! in_mirror "$there" "$id" || exit 0
        for name in $names; do docker tag "$2" "$name" && docker push --quiet "$name"; done
    done
    in_mirror "$there" "$id"
)
