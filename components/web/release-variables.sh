#!/bin/sh
# Prints the variables of an application's last releases, the latest first. Each line is a JSON object that starts with the
# fingerprint of the variables.
#
# PULUMI_COMMAND_STDOUT   output of the last run. In the first run, it may come from another program
# RECORD                  the line for the current variables
# KEEP                    how many releases to keep
# MAX_BYTES               maximum size of the output, as the size of an environment variable is limited

set -euf
# Makes ${#variable} count bytes.
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
    # One line more than releases: a killed update may have added a line but no release.
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
