#!/usr/bin/env bash
# Makes sure that the images named (all of them, if none is) are in Docker. One that is there is left as it is;
# else it is pulled, where a registry answers; else it is built here from Debian's packages, under the official
# name. DRYDOCK_TOOLCHAIN=official only pulls, DRYDOCK_TOOLCHAIN=registries only builds.
set -euo pipefail
cd "$(dirname "$0")"
. ../setup/common.sh

base=debian:trixie-slim
images="$base redis:8 postgres:17 registry:2 docker:cli"

# The directory of an image that is built with `docker build`.
directory_of() { case $1 in docker:cli) echo cli ;; *) echo "${1%:*}" ;; esac; }

# What was built here of files that have changed since is built anew. An image of anybody else is left as it is.
there() {
    local made
    made=$(docker image inspect --format '{{with .Config.Labels}}{{index . "drydock.recipe"}}{{end}}' "$1" 2>/dev/null) &&
        { [ -z "$made" ] || [ "$made" = "$(recipe "$1")" ]; }
}

# A digest of what an image is built of.
recipe() {
    find "$(directory_of "$1")" -type f ! -name '*.ts' 2>/dev/null | LC_ALL=C sort | xargs cat 2>/dev/null | sha256sum | cut -c 1-12
}

# The first pull is the probe for all: 5 seconds to name its image. Only Docker can tell what it reaches through
# its mirrors and its proxy, and what it has begun to fetch, the pull that follows takes up again.
registry_answers() {
    if [ -z "${DRYDOCK_TOOLCHAIN:-}" ]; then
        if grep -q 'Pulling from' < <(timeout 5 docker pull "$1" 2>&1); then
            DRYDOCK_TOOLCHAIN=official
        else
            DRYDOCK_TOOLCHAIN=registries
            say "No image registry answers: building the images from Debian's packages"
        fi
    fi
    [ "$DRYDOCK_TOOLCHAIN" = official ]
}

build_base() {
    command -v apt-get >/dev/null ||
        die "$1 is built with Debian's tools, which are not here: bring it with docker save and docker load"
    [ "$(id -u)" = 0 ] || die "Only root can build $1: run sudo $PWD/build.sh $1, then this again"
    local data
    data=$(docker info --format '{{.DockerRootDir}}')
    # Elsewhere, it is another machine's Docker.
    [ ! -d "$data" ] || require_space 2 "$data" 'building images' 'remove images that nobody needs with `docker image prune`'
    command -v debootstrap >/dev/null ||
        apt_install "debootstrap, which builds $1" debootstrap debian-archive-keyring
    step "Building $1 with debootstrap" ./debian.sh "$1" ||
        die "$1 could not be built: see that apt-get update reaches its mirrors, then run this again"
}

# The host's network and proxy, because with them apt reaches its mirror. Without DOCKER_BUILDKIT each client
# picks a builder that it has.
build() {
    step "Building $1" env --unset=DOCKER_BUILDKIT docker build --tag "$1" --network host \
        --label "drydock.recipe=$(recipe "$1")" \
        --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy "$(directory_of "$1")" ||
        die "$1 could not be built: see that apt-get update reaches its mirrors, then run this again"
}

provide() {
    if there "$1"; then
        return
    elif registry_answers "$1"; then
        step "Pulling $1" docker pull "$1" ||
            die "$1 could not be pulled: run this again, or build it here with DRYDOCK_TOOLCHAIN=registries"
    elif [ "$1" = "$base" ]; then
        build_base "$1"
    else
        provide "$base"
        build "$1"
    fi
}

# shellcheck disable=SC2086 # one word for each
[ $# -gt 0 ] || set -- $images
trouble=$(docker version 2>&1 >/dev/null) || die "Docker does not answer: $trouble"
for image; do
    case " $images " in
        *" $image "*) provide "$image" ;;
        *) die "$image is not one of the images that can be built here: $images" ;;
    esac
done
