#!/bin/sh
# Prints the variables of the last releases of an application, those of the latest first, each a JSON object on a line of
# its own that starts with their fingerprint.
#
# PULUMI_COMMAND_STDOUT   what the last run has printed
# RECORD                  the line of the variables
# KEEP                    how many lines to keep

set -euf

# Up to the fingerprint: {"variables":"1a2b..."
start=${RECORD#'{"variables":"'}
start='{"variables":"'${start%%'"'*}'"'
printf '%s\n' "$RECORD"
printf '%s\n' "${PULUMI_COMMAND_STDOUT:-}" | {
    printed=1
    while IFS= read -r line && [ "$printed" -lt "$KEEP" ]; do
        case $line in
        '' | "$start"*) continue ;;
        esac
        printf '%s\n' "$line"
        printed=$((printed + 1))
    done
}
