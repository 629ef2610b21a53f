# shellcheck shell=sh disable=SC2153,SC2154
# Before anything is changed, refuses an image that would keep its data outside of the volume, data of another major
# version, and data that the image would not find. Part of start.sh, and of the check before the container is created.
#
# Variables:
# volume             where the volume or the directory with the data is mounted; empty if there is none
# root               directory in which the official image keeps its data
# data               where the volume is mounted instead during the check
# PG_MAJOR, PGDATA   as set by the image

# Some images have the official entrypoint but not this variable.
PG_MAJOR=${PG_MAJOR:-$(postgres --version 2>/dev/null | sed 's/^[^0-9]*\([0-9]*\).*/\1/')}
[ -n "$PG_MAJOR" ] || fail "The image has neither PG_MAJOR nor the program postgres, which show its version." \
    "Use the official image, or one that is built FROM it."
if [ "$PG_MAJOR" -ge 18 ]; then
    expected=$root
    default=$root/$PG_MAJOR/docker
else
    expected=$root/data
    default=$root/data
fi
case $volume in
"" | "$expected" | "$PGDATA") ;;
*)
    fail "The image is PostgreSQL $PG_MAJOR, which keeps its data in $expected, but the volume is mounted at $volume. Set version to $PG_MAJOR."
    ;;
esac
case $PGDATA/ in
"$volume"/*) ;;
*) fail "The image keeps its data in $PGDATA, which is not on the volume. Set dataPath to $PGDATA." ;;
esac

# data_path DIRECTORY: prints how to set dataPath so that the image finds the data in this directory of the volume.
data_path() {
    if [ "$1" = "$volume" ]; then
        echo "Set dataPath to $default"
    elif [ "$expected${1#"$volume"}" = "$default" ]; then
        echo "Leave dataPath out"
    else
        echo "Set dataPath to $expected${1#"$volume"}"
    fi
}

data=${data-$volume}
pgdata=$data${PGDATA#"$volume"}
for path in "$pgdata" "$pgdata/data" "$root" "$root/data" "$root"/*/docker "$root"/data/*/docker \
    ${data:+"$data" "$data"/* "$data"/*/* "$data"/*/*/*}; do
    [ -s "$path/PG_VERSION" ] || continue
    # The subdirectory of each database has that file too.
    [ "$path" = "$pgdata" ] || [ -d "$path/global" ] || continue
    found=$(cat "$path/PG_VERSION")
    [ "$found" = "$PG_MAJOR" ] || fail \
        "The data was written by PostgreSQL $found, and PostgreSQL $PG_MAJOR cannot read it. The data is untouched." \
        "Set version back to $found; to upgrade, dump the data (pg_dumpall) and load it into a new service of version $PG_MAJOR."
    [ "$path" != "$pgdata" ] || break
    directory=$path
    remedy="Move it there"
    case $path in
    "${data:-//}"*)
        directory=$volume${path#"$data"}
        remedy=$(data_path "$directory")
        ;;
    esac
    fail "There is data in $directory, and this image looks for it in $PGDATA. The data is untouched." \
        "$remedy, or name another volume."
done
