import { shellQuote } from "../../shared/shell.ts";

/** The label of the node that holds the data. */
export function label(place: string): string {
    return `drydock.data.${place}`;
}

const PERL = String.raw`use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new("/run/docker.sock") or die $!; print $s "DELETE /volumes/$ENV{PLACE} HTTP/1.0\r\n\r\n"; print((split / /, <$s>)[1])`;

/** Two labels at the same time are a conflict, of which one has to try again: "update out of sequence". */
const UPDATE_NODE = `update_node() {
    for _ in $(seq 20); do
        said=$(docker node update "$@" 2>&1 >/dev/null) && return
        case $said in *"out of sequence"*) sleep 0.5 ;; *) break ;; esac
    done
    echo "$said" >&2
    return 1
}`;

interface Place {
    /** The docker command, with its options. */
    docker: string;
    /** Its name, where the variable PLACE does not say that it has another, from before. */
    place: string;
    /** What the component is called where a Docker Engine runs it. */
    container: string;
}

/**
 * Marks the node that is to hold the data, where none is marked yet, and prints the name of the place. It does not
 * choose again: data does not follow a label. What a Docker Engine has kept is taken over: the node is this one.
 */
export function keepScript({ docker, place, node, container }: Place & { node: string }): string {
    return `set -eu
docker() { command ${docker} "$@"; }
place=\${PLACE:-${place}}
${UPDATE_NODE}
holders=$(docker node ls --filter "node.label=${label("$place")}" --format '{{.Hostname}}')
node=${shellQuote(node)}
case $(printf '%s' "$holders" | grep -c .) in
0)
    # What it said before: there is data already, on a node that has lost its label, or in another Swarm.
    [ "\${PULUMI_COMMAND_STDOUT:-}" != "$place" ] || {
        echo "No node of this Swarm is marked as holding the data of $place." >&2
        echo "Mark the one that does: docker node update --label-add ${label("$place")}=true NODE" >&2
        exit 1
    }
    running=$(docker container inspect --format '{{.State.Running}}' ${container} 2>/dev/null) || running=false
    [ "$running" != true ] || {
        echo "${container} runs on this Docker Engine, with the data of $place: two at a time would destroy it." >&2
        echo "Stop it, which loses nothing, and run this again: ${docker} stop ${container}" >&2
        exit 1
    }
    [ -n "$node" ] || ! docker volume inspect "$place" >/dev/null 2>&1 || node=$(docker info --format '{{.Swarm.NodeID}}')
    # The one with the fewest labels has the least to hold.
    [ -n "$node" ] || node=$(docker node inspect $(docker node ls --quiet) \\
        --format '{{len .Spec.Labels}} {{.Description.Hostname}} {{.Status.State}} {{.Spec.Availability}}' |
        awk '$3 == "ready" && $4 == "active"' | sort -k 1n -k 2 | awk 'NR == 1 { print $2 }')
    [ -n "$node" ] || { echo "No node of this Swarm is ready and active: see docker node ls" >&2; exit 1; }
    update_node --label-add "${label("$place")}=true" "$node"
    ;;
1)
    [ -z "$node" ] || [ "$node" = "$holders" ] || {
        echo "The data of $place is on $holders, and swarm.node is $node: it does not move by itself, and is untouched." >&2
        echo "Set swarm.node to $holders; or copy the data, and move the label ${label("$place")} with docker node update." >&2
        exit 1
    }
    ;;
*)
    echo "Several nodes are marked as holding the data of $place:" $holders >&2
    echo "Leave the mark on the one that does: docker node update --label-rm ${label("$place")} NODE" >&2
    exit 1
    ;;
esac
[ "\${PULUMI_COMMAND_STDOUT:-$place}" = "$place" ] ||
    echo "The data of $PULUMI_COMMAND_STDOUT is not used any more, and stays where it is." >&2
printf %s "$place"
`;
}

/**
 * Removes the volume, by a job on its node, and then the mark; nothing while the service is there, as only an argument
 * has changed then. A volume or a directory that the user has named stays with its mark: whose it is, a Swarm cannot
 * tell. A job that was killed with its `destroy` goes first.
 *
 * @param own what the names of volumes begin with that were made up; none for a directory
 * @param earlier the place that it may have had before the user named another
 */
export function removeScript({
    docker,
    place,
    own,
    earlier = "",
    container,
}: Place & { own?: string; earlier?: string }): string {
    const mark = label("$place");
    const stay = `echo "The data of $place stays, and $node marked as holding it: docker node update --label-rm ${mark} $node"; exit 0`;
    return `set -eu
docker() { command ${docker} "$@"; }
${UPDATE_NODE}
for place in "\${PLACE:-${place}}" ${earlier}; do (
holders=$(docker node ls --filter "node.label=${mark}" --format '{{.Hostname}}')
node=$(printf '%s' "$holders" | head -n 1)
[ -n "$node" ] || {
    [ "\${PULUMI_COMMAND_STDOUT:-}" != "$place" ] ||
        echo "No node is marked as holding the data of $place: where there is some, it stays." >&2
    exit 0
}
if docker container inspect ${container} >/dev/null 2>&1; then
    echo "${container} runs on a Docker Engine now: the data of $place stays."
    exit 0
fi
if docker service inspect ${container} >/dev/null 2>&1; then
    echo "The service ${container} is there still: the data of $place stays, and $node marked as holding it."
    exit 0
fi
${own === undefined ? `${stay}\n` : `case $place in ${own}*) ;; *) ${stay} ;; esac\n${removeVolume(mark)}`}); done
`;
}

function removeVolume(mark: string): string {
    return `for left in $(docker service ls --quiet --filter "label=drydock.removes=$place"); do
    docker service rm "$left" >/dev/null
done
job=$(docker service create --detach --quiet --no-resolve-image --mode replicated-job --restart-condition none \\
    --label "drydock.removes=$place" --constraint "node.labels.${mark}==true" --user 0 --entrypoint sh \\
    --mount type=bind,source=/var/run/docker.sock,target=/run/docker.sock \\
    --env "PLACE=$place" "$IMAGE" -c ${shellQuote(ON_THE_NODE)})
trap 'docker service rm "$job" >/dev/null' EXIT
for _ in $(seq 90); do
    state=$(docker service ps "$job" --format '{{.CurrentState}}' | head -n 1)
    case $state in Complete* | Failed* | Rejected*) break ;; esac
    sleep 1
done
case $state in
Complete*) ;;
*)
    echo "The volume $place could not be removed on $node (\${state:-no state}): " \\
        "$(docker service ps "$job" --no-trunc --format '{{.Error}}' | head -n 1) $(docker service logs --raw "$job" 2>&1 | tail -n 1)" >&2
    echo "Bring $node back and run this again; or remove the volume there, and then docker node update --label-rm ${mark} $node" >&2
    exit 1
    ;;
esac
update_node --label-rm "${mark}" "$node"
echo "The volume $place is removed from $node, with its data."
`;
}

/** Asks the node's Docker Engine, which waits for no container: the volume's own may still be going. */
const ON_THE_NODE = `for _ in $(seq 30); do
    if command -v perl >/dev/null; then status=$(perl -e ${shellQuote(PERL)})
    elif command -v curl >/dev/null; then status=$(curl -s -o /dev/null -w '%{http_code}' -X DELETE --unix-socket /run/docker.sock "http://docker/volumes/$PLACE")
    else echo "the image has neither perl nor curl to ask Docker with"; exit 1; fi
    case $status in 204 | 404) exit 0 ;; esac
    sleep 1
done
echo "Docker answers with $status"; exit 1
`;
