#!/usr/bin/env bash
# build.sh [IMAGE...]: provides base images, by default those that the sample environment and Drydock itself use. Keeps images
# that exist, otherwise pulls them, otherwise builds them from Debian's packages, or a Go module, under the official name.
# DRYDOCK_TOOLCHAIN=official only pulls, DRYDOCK_TOOLCHAIN=registries only builds.
set -euo pipefail
cd "$(dirname "$0")"
. ../setup/common.sh
. ../setup/go.sh

base=debian:trixie-slim
default_images="$base redis:8 postgres:17 caddy:2 registry:2 docker:28-cli"
# Only tests use these.
test_images="memcached:1.6 nginx:1.26 mariadb:11.8 rabbitmq:4.0 axllent/mailpit:v1.33"
images="$default_images $test_images"

# The directory of an image that is built with `docker build`.
directory_of() {
    case $1 in
        docker:28-cli) echo cli ;;
        *) basename "${1%:*}" ;;
    esac
}

# Whether the image exists. An image that was built here must be rebuilt if its directory has changed.
is_current() {
    local found
    found=$(grep -F " $1 " <<<"$existing") &&
        { [ "${found##* }" = pulled ] || [ "${found##* }" = "$(recipe "$1")" ]; }
}

# A line for each of these images that exists: its tags, then the digest that it was built with, or `pulled`.
existing_images() {
    docker image inspect --format \
        '{{range .RepoTags}} {{.}}{{end}} {{or (and .Config.Labels (index .Config.Labels "drydock.recipe")) "pulled"}}' \
        "$@" 2>/dev/null || true
}

# A digest of an image's directory.
recipe() {
    find "$(directory_of "$1")" -type f ! -name '*.ts' 2>/dev/null | LC_ALL=C sort | xargs cat 2>/dev/null | sha256sum | cut -c 1-12
}

# Checks once whether images can be pulled, by starting the first pull: only Docker knows what it can reach through its mirrors
# and proxy. The later pull continues this one.
registry_answers() {
    if [ -z "${DRYDOCK_TOOLCHAIN:-}" ]; then
        if grep -q 'Pulling from' < <(timeout 5 docker pull "$1" 2>&1); then
            DRYDOCK_TOOLCHAIN=official
        else
            DRYDOCK_TOOLCHAIN=registries
            say "No image registry is reachable. Building the images from Debian's packages instead."
        fi
    fi
    [ "$DRYDOCK_TOOLCHAIN" = official ]
}

build_base() {
    command -v apt-get >/dev/null ||
        die "building $1 needs Debian: transfer it from another machine with docker save and docker load"
    [ "$(id -u)" = 0 ] || die "building $1 requires root: run sudo $PWD/build.sh $1, then try again"
    local data
    data=$(docker info --format '{{.DockerRootDir}}')
    # The directory does not exist here if Docker runs on another machine.
    [ ! -d "$data" ] || require_space 2 "$data" 'building images' 'remove unused images with `docker image prune`'
    command -v debootstrap >/dev/null ||
        apt_install "debootstrap to build $1" debootstrap debian-archive-keyring
    step "Building $1 with debootstrap" ./debian.sh "$1" ||
        die "$1 could not be built: check that apt-get update works, then try again"
}

# Uses the host's network and proxy, with which apt reaches its mirror. Without DOCKER_BUILDKIT, each client chooses an
# available builder.
build() {
    local directory context
    directory=$(directory_of "$1") context=$directory
    if [ -f "$directory/go.mod" ]; then
        context=$cache_dir/$directory-$(digest_of "$directory"/go.*)
        [ -x "$context/$directory" ] || build_program "$directory" "$context/$directory"
    fi
    step "Building $1" env --unset=DOCKER_BUILDKIT docker build --tag "$1" --network host \
        --label "drydock.recipe=$(recipe "$1")" --file "$directory/Dockerfile" \
        --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy "$context" ||
        die "$1 could not be built: check that apt-get update works, then try again"
}

# build_program NAME FILE: builds the tool that the go.mod of an image names, without C libraries.
build_program() {
    local package
    package=$(sed -n 's/^tool //p' "$1/go.mod")
    export CGO_ENABLED=0
    go_program "$1" "$PWD/$1" "$package" "$2" -ldflags=-s
}

provide() {
    if is_current "$1"; then
        return
    elif registry_answers "$1"; then
        step "Pulling $1" docker pull "$1" ||
            die "$1 could not be pulled: try again, or build it with DRYDOCK_TOOLCHAIN=registries"
    elif [ "$1" = "$base" ]; then
        build_base "$1"
    else
        provide "$base"
        build "$1"
    fi
    # Current now, for the images that are built on it.
    existing+=$'\n'" $1 pulled"
}

# shellcheck disable=SC2086 # one word for each
[ $# -gt 0 ] || set -- $default_images
# shellcheck disable=SC2086 # one word for each
existing=$(existing_images $images)
[ -n "$existing" ] || error=$(docker version 2>&1 >/dev/null) || die "Docker does not answer: $error"
for image; do
    case " $images " in
        *" $image "*) provide "$image" ;;
        *) die "unknown image $image: use one of $images" ;;
    esac
done
