# The network of the rehearsal. Sourced, not run. Labels tell what belongs to it: others may use such names too.

# own_network NAME: its ID, if it is there and the rehearsal's.
own_network() { docker network ls --quiet --filter "label=$label" --filter "name=^$1\$"; }

remove_own_networks() {
    docker network ls --quiet --filter "label=$label" | xargs --no-run-if-empty docker network rm
}

# Ends where another has the name.
has_network() {
    docker network inspect "$swarm" >/dev/null 2>&1 || return
    [ -n "$(own_network "$swarm")" ] ||
        die "A network is called $swarm that is not this rehearsal's: give this one a name of its own, SWARM=..."
}

# Docker chooses a subnet that is free; made again with it by name, the network can give fixed addresses.
make_network() {
    local probe=$swarm-probe subnet
    own_network "$probe" | xargs --no-run-if-empty docker network rm >/dev/null &&
        docker network create --label "$label" "$probe" >/dev/null &&
        subnet=$(docker network inspect --format '{{(index .IPAM.Config 0).Subnet}}' "$probe") &&
        docker network rm "$probe" >/dev/null &&
        docker network create --label "$label" --subnet "$subnet" "$swarm" >/dev/null
}
