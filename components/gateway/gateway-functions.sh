#!/bin/sh
# Prepended to the scripts that change a gateway or the networks of a container.

newline='
'

# run_in GATEWAY SCRIPT ARGUMENT...: runs a script in the container of a gateway or, if it has stopped, in a temporary
# container with its volumes. Appends an argument to the script's: `reload`, or `write` if the gateway has stopped.
run_in() {
    gateway=$1
    shift
    if [ "$(docker container inspect --format '{{.State.Running}}' "$gateway")" = true ]; then
        docker exec --interactive "$gateway" sh -c "$@" reload
    else
        image=$(docker container inspect --format '{{.Image}}' "$gateway")
        docker run --rm --interactive --network none --volumes-from "$gateway" --entrypoint sh "$image" -c "$@" write
    fi
}

# site_address GATEWAY: the address in its label. Fails if the container is not a gateway.
site_address() {
    docker container inspect --format "{{index .Config.Labels \"$GATEWAY_LABEL\"}}" "$1" 2>/dev/null | grep .
}

# names_of NETWORKS: their names. NETWORKS may contain IDs.
names_of() {
    # shellcheck disable=SC2086 # one word for each
    [ -z "$1" ] || docker network inspect --format '{{.Name}}' $1
}

# joined_networks CONTAINER: names of its networks.
joined_networks() {
    docker container inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}' "$1"
}

# has LIST WORD: whether the list has the word on a line of its own.
has() {
    case "$newline$1$newline" in
        *"$newline$2$newline"*) true ;;
        *) false ;;
    esac
}
