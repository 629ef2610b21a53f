#!/bin/sh
# Adds the assets of this release to a gateway's volume, and removes the assets that only releases older than the kept
# ones had. Runs in a container of the application's image, in its working directory.
#
# $1    directory for the assets of the application
# $2    how many releases to keep
# $3... directories with assets, such as public/assets. Skips those that the image does not have
# shellcheck disable=SC2012 # the names of releases are numbers

set -eu
umask 022
export LC_ALL=C
target=$1 kept=$2
shift 2
mkdir -p "$target/files" "$target/releases"

# Request paths do not contain public/.
for directory in "$@"; do
    [ -d "$directory" ] || continue
    parent=$(dirname "${directory#public/}")
    mkdir -p "$target/files/$parent"
    cp -RL "$directory" "$target/files/$parent/"
    (cd "$(dirname "$directory")" && find -L "$(basename "$directory")" -type f) | sed "s|^|$parent/|; s|^\./||"
done | sort >"$target/new"

cd "$target"
latest=$(ls releases | sort | tail -n 1)
if [ -n "$latest" ] && cmp -s new "releases/$latest"; then
    rm new
else
    # Zero-padded, so that sorting by name gives the order of the releases.
    next=$(printf '%08d' "$((1${latest:-00000000} - 100000000 + 1))")
    mv new "releases/$next"
fi
surplus=$(($(ls releases | wc -l) - kept))
[ "$surplus" -le 0 ] || ls releases | sort | head -n "$surplus" | while read -r release; do rm "releases/$release"; done
sort -u releases/* >wanted
(cd files && find . -type f) | sed 's|^\./||' | sort | comm -23 - wanted | while read -r file; do rm "files/$file"; done
rm wanted
