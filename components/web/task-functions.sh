#!/bin/sh
# Functions for task.sh and swarm-task.sh, whose environment task.sh documents.
# shellcheck disable=SC2034 # They set `value`.

newline='
'

# is_listed ITEM LIST: whether the list, with one item on each line, contains the item.
is_listed() {
    case $newline$2$newline in *"$newline$1$newline"*) ;; *) return 1 ;; esac
}

is_shell_name() {
    case $1 in [0-9]* | *[!a-zA-Z0-9_]*) return 1 ;; esac
}

# read_variable NAME INDEX: sets `value` to the value of a variable of the container. INDEX is its position in
# TASK_VARIABLES.
read_variable() {
    eval "value=\$DRYDOCK_TASK_$2"
    if is_listed "$1" "$TASK_REDIS_URLS"; then value=${value%%:*}://default:${value#*://:}; fi
}

# Prints the container's files as a tar archive.
files_archive() {
    index=0
    while eval "part=\${DRYDOCK_FILES_$index:-}" && [ -n "$part" ]; do
        printf %s "$part"
        index=$((index + 1))
    done | base64 -d
}

