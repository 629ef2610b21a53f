#!/bin/sh
# Prints the variables of the last releases of an application, those of the latest first, each a JSON object on a line of
# its own that starts with their fingerprint.
#
# PULUMI_COMMAND_STDOUT   what the last run has printed. In the first run, it may come from another program
# RECORD                  the line of the variables
# KEEP                    how many releases are kept
# MAX_BYTES               how many bytes the lines may have together. A variable of the environment is limited

set -euf
# Makes the length of a string its bytes.
LC_ALL=C

# Up to the fingerprint: {"variables":"1a2b..."
start=${RECORD#'{"variables":"'}
start='{"variables":"'${start%%'"'*}'"'
former=${PULUMI_COMMAND_STDOUT:-}
case $former in '{"variables":'*) ;; *) former= ;; esac
printf '%s\n' "$RECORD"
printf '%s\n' "$former" | {
    printed=1
    bytes=${#RECORD}
    # One line more than releases: an update that is killed has added a line, but no release.
    while IFS= read -r line && [ "$printed" -le "$KEEP" ]; do
        case $line in
        '' | "$start"*) continue ;;
        esac
        bytes=$((bytes + ${#line}))
        [ "$bytes" -le "$MAX_BYTES" ] || break
        printf '%s\n' "$line"
        printed=$((printed + 1))
    done
}
