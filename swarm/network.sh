# shellcheck shell=bash
# The network of the local cluster, recognized by its label. Sourced, not run.

# own_network NAME: the ID of the network if it exists and belongs to the cluster.
own_network() { docker network ls --quiet --filter "label=$label" --filter "name=^$1\$"; }

remove_own_networks() {
    docker network ls --quiet --filter "label=$label" | xargs --no-run-if-empty docker network rm
}

# Whether the network exists. Exits if another network has the name.
has_network() {
    docker network inspect "$swarm" >/dev/null 2>&1 || return
    [ -n "$(own_network "$swarm")" ] ||
        die "The network $swarm exists but does not belong to the local cluster: choose another name with SWARM=NAME."
}

# Creates a network to find a free subnet, and recreates it with that subnet, which allows fixed addresses.
make_network() {
    local probe=$swarm-probe subnet
    own_network "$probe" | xargs --no-run-if-empty docker network rm >/dev/null &&
        docker network create --label "$label" "$probe" >/dev/null &&
        subnet=$(docker network inspect --format '{{(index .IPAM.Config 0).Subnet}}' "$probe") &&
        docker network rm "$probe" >/dev/null &&
        docker network create --label "$label" --subnet "$subnet" "$swarm" >/dev/null
}
