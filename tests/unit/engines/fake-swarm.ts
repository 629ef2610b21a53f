import { FakeShell } from "./fake-shell.ts";

export const VOLUME = "shop.dev.db";
export const SERVICE = "shop-dev-db";
/** Label of the node that has the data of VOLUME. */
export const LABEL = `drydock.data.${VOLUME}`;

const ENVIRONMENT = {
    PLACE: VOLUME,
    FORMER_VOLUME: "",
    STACK_VOLUMES: "shop.dev.",
    CONTAINER: SERVICE,
    NODE: "",
    IMAGE: "docker:28-cli",
    SOCKET: "/var/run/docker.sock",
};

/**
 * The docker command of a Swarm. Its files, all optional:
 * - <node>.labels and <node>.state: a node that `addNode` has added
 * - container: whether the container SERVICE runs on this Docker Engine, `true` or `false`; without it, there is none
 * - service: exists if the service SERVICE does
 * - volumes: names of the volumes of this Docker Engine
 * - update-error: error of every `docker node update`
 * - conflicts: a line for each `docker node update` that conflicts with another one
 * - create-error: error of `docker service create`
 * - jobs: names of jobs that are left
 * - job-states: states that a job has one after the other
 */
const DOCKER = String.raw`
{ printf '[%s]' "$@"; echo; } >>calls
command="$1 $2"
shift 2
case $command in
"container inspect")
    [ -f container ] || exit 1
    head -n 1 container; [ "$(wc -l <container)" = 1 ] || sed -i.bak 1d container ;;
"volume inspect") grep -qx "$1" volumes 2>/dev/null ;;
"info --format") echo b ;;
"node ls")
    for labels in *.labels; do
        node=${"${labels%.labels}"}
        case "$*" in
        --quiet) echo "$node" ;;
        "--quiet --filter node.label=drydock.data."*)
            if grep -q "^${"${3#node.label=}"}=" "$labels"; then echo "$node"; fi ;;
        "--filter node.label=drydock.data."*" --format {{.Hostname}}")
            if grep -q "^${"${2#node.label=}"}=" "$labels"; then echo "$node"; fi ;;
        *) echo "unexpected: node ls $*" >&2; exit 9 ;;
        esac
    done ;;
"node inspect")
    while [ "$1" != --format ]; do
        echo "$(grep -c = "$1.labels") $1 $(cat "$1.state")"
        shift
    done ;;
"node update")
    [ ! -f update-error ] || { cat update-error >&2; exit 3; }
    [ ! -s conflicts ] || { sed -i.bak 1d conflicts; echo "rpc error: update out of sequence" >&2; exit 1; }
    [ -f "$3.labels" ] || { echo "node $3 not found" >&2; exit 1; }
    case $1 in
    --label-add) echo "$2" >>"$3.labels" ;;
    --label-rm) sed -i.bak "/^$2=/d" "$3.labels" ;;
    esac
    echo "$3" ;;
"service inspect") [ -f service ] ;;
"service create")
    [ ! -f create-error ] || { cat create-error >&2; exit 4; }
    echo job-1 ;;
"service ls") [ "$*" != "--quiet --filter label=drydock.removes=${VOLUME}" ] || cat jobs ;;
"service ps")
    case "$*" in
    *CurrentState*) head -n 1 job-states; [ "$(wc -l <job-states)" = 1 ] || sed -i.bak 1d job-states ;;
    *Error*) echo "no such node" ;;
    esac ;;
"service logs") printf 'first\nvolume is in use\n' ;;
"service rm") echo "$1" ;;
*) echo "unexpected: $command" >&2; exit 9 ;;
esac`;

/** Runs swarm/volumes.sh against a fake Swarm. */
export class FakeSwarm extends FakeShell {
    private readonly nodes: string[] = [];

    constructor() {
        super();
        this.command("docker", DOCKER);
        this.command("sleep", "");
        this.write("job-states", "Complete 1 second ago\n");
        this.write("jobs", "");
    }

    /** @param state as `docker node inspect` reports it: the status and the availability */
    addNode(name: string, labels: string[] = [], state = "ready active"): void {
        this.nodes.push(name);
        this.write(`${name}.labels`, labels.map((label) => `${label}\n`).join(""));
        this.write(`${name}.state`, `${state}\n`);
    }

    labelsOf(node: string): string[] {
        return this.read(`${node}.labels`).split("\n").filter(Boolean);
    }

    /** Names of the nodes that have LABEL. */
    labelledNodes(): string[] {
        return this.nodes.filter((node) => this.labelsOf(node).includes(`${LABEL}=true`));
    }

    create(environment: Record<string, string> = {}) {
        return this.runVolumes("create", environment);
    }

    delete(environment: Record<string, string> = {}) {
        return this.runVolumes("delete", environment);
    }

    /** Runs a function of volumes.sh, with the scripts that come before it. */
    private runVolumes(name: string, environment: Record<string, string>) {
        return this.runAfter(["swarm/nodes.sh"], "swarm/volumes.sh", [name], {
            ...ENVIRONMENT,
            ...environment,
        });
    }

    /** Command lines of docker, each argument in brackets. */
    calls(): string[] {
        return this.read("calls").split("\n").filter(Boolean);
    }

    /** The command lines that change something. */
    changes(): string[] {
        return this.calls().filter((call) => /^\[\w+\]\[(update|create|rm)\]/.test(call));
    }
}
