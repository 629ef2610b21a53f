#!/usr/bin/env bash
# A Swarm of three machines, each a container, with a registry that asks for a login and a mirror of the images
# that this machine has. What is there already is left as it is; what is missing, stopped or lost is made again.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. swarm/mirror.sh
. swarm/network.sh

# A function that is a step is not ended by a command that fails (bash: so it is wherever `||` follows): && joins them.
images='postgres:17 redis:8 debian:trixie-slim docker:cli'

# The Nth address of the network.
address() {
    local base=${subnet%/*}
    echo "${base%.*}.$((${base##*.} + $1))"
}

node_address() { address "$((10 + $1))"; }

# What containers here ask for names, which the engines' containers and builds are to ask too: what the engines
# themselves ask is out of their reach.
name_servers() { docker run --rm debian:trixie-slim sed -n 's/^nameserver /--dns /p' /etc/resolv.conf | paste -sd ' '; }

# Passwords come in a variable: no file of this clone has to outlive it.
serve='[ -z "${HTPASSWD-}" ] || echo "$HTPASSWD" >/htpasswd; exec registry serve /etc/docker/registry/config.yml'

# run_registry NAME ADDRESS docker's arguments...: as NAME:5000 for the nodes.
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

# What the application publishes is reached at every node; at this machine, through the first.
published() { [ "$1" != 1 ] || echo "--publish 127.0.0.1:$port:8080"; }

# The machines mostly wait, and the mirror compresses: all at once.
start_and_fill() {
    local node image servers mirror pids=() pid status=0
    servers=$(name_servers) && mirror=$(docker port "$swarm-mirror" 5000/tcp | head -n 1) || return
    for node in $nodes; do
        # shellcheck disable=SC2046 # an option and its value
        # The proxy is for what is outside.
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

# The first node through which the Swarm can be changed.
manager() {
    local node
    for node in $nodes; do
        on "$node" node ls >/dev/null 2>&1 && echo "$node" && return
    done
    return 1
}

# patiently command...: tries again for a minute.
patiently() {
    local _
    for _ in $(seq 120); do
        "$@" && return
        sleep 0.5
    done
    return 1
}

# What a node that is gone has left: a manager of its name that is not to come back.
forget() {
    local through=$1 name=$2 id
    for id in $(on "$through" node ls --quiet --filter "name=$name"); do
        on "$through" node demote "$id" >/dev/null &&
            on "$through" node rm --force "$id" >/dev/null || return
    done
}

# A second Swarm beside one whose managers still look for each other is what must not be.
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
    through=$(patiently manager) &&
        forget "$through" "node-$node" &&
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
    die "Port $port of this machine, at which the application is to answer, is taken: name another, SWARM_PORT=8090."
mkdir -p "$sockets"
echo "$swarm" >"$sockets/name"
has_network || step "Making the network $swarm" make_network ||
    die "The network $swarm could not be made: \`docker network prune\` frees subnets that nothing uses."
subnet=$(docker network inspect --format '{{(index .IPAM.Config 0).Subnet}}' "$swarm")
step 'Starting the registry, and the mirror of the images that are here' run_registries ||
    die 'A registry does not start: its last lines above say why.'
step "Starting three machines, and filling the mirror with $images" start_and_fill ||
    die 'They did not come up: the last lines above say why. A machine in a container needs a kernel that has overlayfs, veth, bridge, vxlan and iptables, and lets a container use them: a virtual machine does.'
for node in $nodes; do
    # One that was started again finds the others by itself.
    case $(state "$node") in inactive | error) ;; *) continue ;; esac
    step "Joining node-$node to the Swarm" init_or_join "$node" && continue
    docker logs --tail 15 "$swarm-$node" 2>&1 | sed 's/^/    /' >&2
    die "node-$node does not join: above are the last lines of its engine. Run this again, or \`make swarm-down\` first."
done
step 'Waiting until all three are ready' patiently all_ready || {
    on 1 node ls >&2 || true
    die 'Not all of the three are ready: run this again, or `make swarm-down` first.'
}

say "
The Swarm $swarm is up: three managers, each a container on this machine.
"
for node in $nodes; do
    printf '  node-%s  %-15s  unix://%s/docker.sock\n' "$node" "$(node_address "$node")" "$(socket "$node")"
done
say "
  registry:5000, as the nodes know it: user drydock, password rehearsal
  mirror:5000, which has $images for them

  http://localhost:$(docker port "$swarm-1" 8080/tcp | sed 's/.*://'), which is port 8080 of node-1

This cluster is for trying things out: when this machine fails, all three nodes do. For real machines, see
docs/how-to/swarm.md.

Next: make up STACK=swarm, and make swarm-down at the end."
