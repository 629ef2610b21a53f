#!/usr/bin/env bash
# Starts a local cluster: a Docker Swarm of three nodes in containers, a registry with a login, and a mirror with images of this
# machine. Keeps what is running, and creates or starts the rest.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. swarm/mirror.sh
. swarm/network.sh

# Functions join commands with `&&`, because `set -e` has no effect in a function that is called with `||`.
images='postgres:17 redis:8 debian:trixie-slim docker:28-cli'

# address N: the Nth address of the network.
address() {
    local base=${subnet%/*}
    echo "${base%.*}.$((${base##*.} + $1))"
}

node_address() { address "$((10 + $1))"; }

# dockerd options with the name servers of this machine's containers, for containers and builds on the nodes. They cannot reach
# the name server of the nodes themselves.
name_servers() { docker run --rm debian:trixie-slim sed -n 's/^nameserver /--dns /p' /etc/resolv.conf | paste -sd ' '; }

# The password file is passed in a variable, so that the registry does not depend on a file of this clone.
serve='[ -z "${HTPASSWD-}" ] || echo "$HTPASSWD" >/htpasswd; exec registry serve /etc/docker/registry/config.yml'

# run_registry NAME ADDRESS [docker run option...]: starts a registry that the nodes reach as NAME:5000.
run_registry() {
    local name=$1 address=$2
    shift 2
    case $(docker inspect --format '{{.State.Status}}' "$swarm-$name" 2>/dev/null) in
        running) ;;
        '')
            docker run --detach --name "$swarm-$name" --label "$label" --network "$swarm" --ip "$address" \
                --network-alias "$name" --entrypoint sh "$@" registry:2 -c "$serve" >/dev/null
            ;;
        *) docker start "$swarm-$name" >/dev/null ;;
    esac
}

run_registries() {
    run_registry mirror "$(address 9)" --publish 127.0.0.1::5000 || return
    run_registry registry "$(address 8)" --env REGISTRY_AUTH=htpasswd --env REGISTRY_AUTH_HTPASSWD_REALM=drydock \
        --env REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd --env HTPASSWD="$(cat swarm/registry.htpasswd)"
}

# Ports that the application publishes are reachable on every node, and on this machine through the first one.
published() { [ "$1" != 1 ] || echo "--publish 127.0.0.1:$port:8080"; }

# Starts nodes and pushes images in parallel.
start_and_fill() {
    local node image servers mirror pids=() pid status=0
    servers=$(name_servers) && mirror=$(docker port "$swarm-mirror" 5000/tcp | head -n 1) || return
    for node in $nodes; do
        # shellcheck disable=SC2046 # an option and its value
        # Use the proxy only for external hosts.
        swarm/node.sh "$swarm-$node" "$(socket "$node")" --label "$label" --label "drydock.clone=$root" \
            --hostname "node-$node" --network "$swarm" --ip "$(node_address "$node")" $(published "$node") \
            --env http_proxy --env https_proxy --env "no_proxy=${no_proxy:+$no_proxy,}registry,mirror,$subnet" \
            --env "DOCKERD_OPTIONS=$servers --registry-mirror http://mirror:5000 --insecure-registry mirror:5000 --insecure-registry registry:5000" &
        pids+=($!)
    done
    for image in $images; do
        push_to_mirror "$mirror" "$image" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || status=$?; done
    return "$status"
}

state() { on "$1" info --format '{{.Swarm.LocalNodeState}}' 2>/dev/null; }

# The first node that works as a manager.
manager() {
    local node
    for node in $nodes; do
        on "$node" node ls >/dev/null 2>&1 && echo "$node" && return
    done
    return 1
}

# retry COMMAND...: retries for five minutes. On a busy machine, a restarted node can take more than one to join again.
retry() {
    local end=$((SECONDS + 300))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.5
    done
}

# Removes the Swarm's entry of a lost node with this name.
remove_lost_node() {
    local through=$1 name=$2 id
    for id in $(on "$through" node ls --quiet --filter "name=$name"); do
        on "$through" node demote "$id" >/dev/null &&
            on "$through" node rm --force "$id" >/dev/null || return
    done
}

# Initializes a Swarm only if no node is in one, even if its managers have not found each other yet.
init_or_join() {
    local node=$1 through token other
    [ "$(state "$node")" != error ] || on "$node" swarm leave --force || return
    for other in $nodes; do
        [ "$(state "$other")" = inactive ] || through=
    done
    if [ -z "${through+set}" ]; then
        on "$node" swarm init --advertise-addr "$(node_address "$node")"
        return
    fi
    through=$(retry manager) &&
        remove_lost_node "$through" "node-$node" &&
        token=$(on "$through" swarm join-token --quiet manager) &&
        on "$node" swarm join --token "$token" --advertise-addr "$(node_address "$node")" "$(node_address "$through"):2377"
}

all_ready() {
    local through
    through=$(manager) &&
        [ "$(on "$through" node ls --format '{{.Status}} {{.ManagerStatus}}' | grep -cE '^Ready (Leader|Reachable)$')" = 3 ]
}

port=${SWARM_PORT:-8080}
docker inspect "$swarm-1" >/dev/null 2>&1 || ! (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null ||
    die "Port $port of this machine, on which the application is published, is in use: choose another, for example SWARM_PORT=8090."
mkdir -p "$sockets"
echo "$swarm" >"$sockets/name"
has_network || step "Creating the network $swarm" make_network ||
    die "The network $swarm could not be created: run \`docker network prune\` to remove unused networks."
subnet=$(docker network inspect --format '{{(index .IPAM.Config 0).Subnet}}' "$swarm")
step 'Starting the registry and the mirror' run_registries ||
    die 'A registry does not start: see the output above.'
step "Starting three nodes, and pushing $images to the mirror" start_and_fill ||
    die 'The nodes did not start: see the output above. They need a kernel with overlayfs, veth, bridge, vxlan and iptables that containers may use, for example in a virtual machine.'
for node in $nodes; do
    # A restarted node rejoins by itself.
    case $(state "$node") in inactive | error) ;; *) continue ;; esac
    step "Joining node-$node to the Swarm" init_or_join "$node" && continue
    docker logs --tail 15 "$swarm-$node" 2>&1 | sed 's/^/    /' >&2
    die "node-$node does not join: see the log of its engine above. Try again, or run \`make swarm-down\` first."
done
step 'Waiting until all nodes are ready' retry all_ready || {
    on 1 node ls >&2 || true
    die 'Some nodes are not ready: try again, or run `make swarm-down` first.'
}

say "
The local cluster $swarm is running: a Swarm of three managers, each in a container.
"
for node in $nodes; do
    printf '  node-%s  %-15s  unix://%s/docker.sock\n' "$node" "$(node_address "$node")" "$(socket "$node")"
done
say "
  registry:5000  registry for the nodes: user drydock, password local-cluster
  mirror:5000    mirror with $images

  http://localhost:$(docker port "$swarm-1" 8080/tcp | sed 's/.*://')  port 8080 of node-1

This cluster is for development: if this machine fails, all nodes do. For real machines, see
docs/how-to/swarm.md.

Next: \`make up STACK=swarm\`. Remove the cluster with \`make swarm-down\`."
