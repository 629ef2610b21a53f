import { spawnSync } from "node:child_process";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where the data is, and how the node is marked that holds it. */
export const PLACE = "shop.dev.db";
export const CONTAINER = "shop-dev-db";
export const MARK = `drydock.data.${PLACE}`;

/** A Swarm in a folder: a file for each node with its labels, one a line, and how it is. */
const DOCKER = `#!/bin/sh
cd "$SWARM"
{ printf '[%s]' "$@"; echo; } >>calls
[ "$1" != --host ] || shift 2
verb="$1 $2"
shift 2
case $verb in
"container inspect")
    [ -f container ] || exit 1
    cat container ;;
"volume inspect") grep -qx "$1" volumes 2>/dev/null ;;
"info --format") echo b ;;
"node ls")
    for node in $(ls nodes); do
        case "$*" in
        --quiet) echo "$node" ;;
        "--filter node.label=drydock.data."*" --format {{.Hostname}}")
            if grep -q "^\${2#node.label=}=" nodes/$node; then echo "$node"; fi ;;
        *) echo "unexpected: node ls $*" >&2; exit 9 ;;
        esac
    done ;;
"node inspect")
    while [ "$1" != --format ]; do
        echo "$(grep -c = nodes/$1) $1 $(cat state/$1)"
        shift
    done ;;
"node update")
    [ ! -f fails ] || { echo "$(cat fails)" >&2; exit 3; }
    [ ! -s conflicts ] || { sed -i 1d conflicts; echo "rpc error: update out of sequence" >&2; exit 1; }
    [ -f "nodes/$3" ] || { echo "node $3 not found" >&2; exit 1; }
    case $1 in
    --label-add) echo "$2" >>nodes/$3 ;;
    --label-rm) sed -i "/^$2=/d" nodes/$3 ;;
    esac
    echo "$3" ;;
"service inspect") [ -f service ] ;;
"service create")
    [ ! -f no-service ] || { echo "no service" >&2; exit 4; }
    for last; do :; done
    printf %s "$last" >job
    echo "$IMAGE" >image
    echo job-1 ;;
"service ls") [ "$*" != "--quiet --filter label=drydock.removes=${PLACE}" ] || cat left ;;
"service ps")
    case "$*" in
    *CurrentState*) head -n 1 states; [ "$(wc -l <states)" = 1 ] || sed -i 1d states ;;
    *Error*) echo "no such node" ;;
    esac ;;
"service logs") printf 'first\\nDocker answers with 409\\n' ;;
"service rm") echo "$1" ;;
*) echo "unexpected: $verb" >&2; exit 9 ;;
esac
`;

const folder = mkdtempSync(join(tmpdir(), "drydock-swarm-"));
let swarm: string;

beforeEach(() => {
    swarm = mkdtempSync(join(folder, "swarm-"));
    for (const name of ["bin", "nodes", "state"]) mkdirSync(join(swarm, name));
    fake("docker", DOCKER);
    fake("sleep", "#!/bin/sh\n");
    say("states", "Complete 1 second ago\n");
    say("left", "");
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

/** A command that does this. */
export function fake(name: string, script: string): void {
    writeFileSync(join(swarm, "bin", name), script, { mode: 0o755 });
}

/** What the docker command finds: `fails` (what it says when it cannot update), `conflicts` (a line
 *  for each update that meets another), `no-service`, `states` of a job, jobs that are `left`,
 *  `container` (whether that of a Docker Engine runs), `service` (where there is one), its `volumes`. */
export function say(name: string, text: string): void {
    writeFileSync(join(swarm, name), text);
}

export function read(name: string): string {
    return existsSync(join(swarm, name)) ? readFileSync(join(swarm, name), "utf8") : "";
}

export function node(name: string, labels: string[] = [], state = "ready active"): void {
    say(join("nodes", name), labels.map((label) => `${label}\n`).join(""));
    say(join("state", name), `${state}\n`);
}

/** Names of the nodes that are marked. */
export function marked(): string[] {
    return readdirSync(join(swarm, "nodes")).filter((name) =>
        read(join("nodes", name)).includes(`${MARK}=true\n`),
    );
}

/** How docker was called, each word in brackets. */
export function calls(): string[] {
    return read("calls").trim().split("\n");
}

/** The calls that change something. */
export function changes(): string[] {
    return calls().filter((call) => /^(\[--host\]\[.*?\])?\[\w+\]\[(update|create|rm)\]/.test(call));
}

/** Runs a script with that docker, or with these tools alone. */
export function run(script: string, tools?: Record<string, string>) {
    let PATH = `${join(swarm, "bin")}:${process.env.PATH ?? ""}`;
    if (tools) {
        PATH = mkdtempSync(join(swarm, "tools-"));
        for (const [tool, text] of Object.entries(tools))
            writeFileSync(join(PATH, tool), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", script], {
        encoding: "utf8",
        env: { PATH, SWARM: swarm, IMAGE: "postgres@sha256:1", ...(tools && { PLACE }) },
    });
    return { status, stdout, stderr };
}
