# shellcheck shell=bash
# Pushes images of this machine to the cluster's mirror. Sourced, not run.

manifest() { docker manifest inspect --insecure "$1" 2>/dev/null; }

# in_mirror NAME ID: whether the mirror has the image under its name and under its ID.
in_mirror() {
    local by_name
    by_name=$(manifest "$1") && [ "$by_name" = "$(manifest "${1%:*}:$2")" ]
}

# push_to_mirror MIRROR IMAGE: pushes the image under its name and under its ID, by which the next run recognizes it. A digest
# would not work: an ID is the digest of the configuration or, with the containerd image store, that of a manifest or an index,
# and what is pushed depends on the platforms that exist locally.
# Tries three times: a push that was left running by a killed set-up removes the names when it ends.
push_to_mirror() (
    target=$1/library/$2
    id=$(docker image inspect --format '{{.Id}}' "$2") || exit
    id=${id#sha256:}
    names="${target%:*}:$id $target"
    trap 'docker image rm $names >/dev/null 2>&1 || true' EXIT
    for _ in 1 2 3; do
        ! in_mirror "$target" "$id" || exit 0
        for name in $names; do docker tag "$2" "$name" && docker push --quiet "$name"; done
    done
    in_mirror "$target" "$id"
)
