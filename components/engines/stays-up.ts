import * as pulumi from "@pulumi/pulumi";
import { shellQuote } from "../shared/shell.ts";
import { dockerCommand, dockerSetup } from "./docker-command.ts";
import type { ContainerSpec } from "./spec.ts";

/** How long a container without a health check must run before an update succeeds: as long as a Swarm's updates do. */
const SECONDS = 5;

/** The last lines of an output, without backtraces: the error above them is what counts. */
const LAST_LINES = String.raw`grep -vE '^[[:space:]]*(from [^ ]+:[0-9]+|at )' | tail -n 20 >&2`;

/** Watches the container whose ID is in the variable ID for some seconds. One that has finished, and is not to be started again, is fine. */
export function containerStaysUp(
    { name }: ContainerSpec,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
    return forDocker(
        opts,
        (docker) => `set -u
name=${shellQuote(name)}
fail() {
    echo "The container $name $1. Its last lines:" >&2
    ${docker} logs --tail 500 "$ID" 2>&1 | ${LAST_LINES}
    exit 1
}
format='{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.RestartCount}} {{.HostConfig.RestartPolicy.Name}}'
restarts= again=
for second in ${range(0, SECONDS)}; do
    [ "$second" = 0 ] || sleep 1
    state=$(${docker} inspect --type container --format "$format" "$ID") || exit 1
    set -- $state
    case $1/$2/$3/\${5-} in
    running/* | created/* | paused/*) ;;
    exited/0/false/no | exited/0/false/on-failure) exit 0 ;;
    */true/*) fail "was killed as it needed more than its memory (OOMKilled): raise memory" ;;
    */0/*) fail "ended by itself with exit code 0: its command must stay in the foreground" ;;
    */126/*) fail "exited with code 126: its command cannot be executed" ;;
    */127/*) fail "exited with code 127: its command was not found" ;;
    *) fail "exited with code $2" ;;
    esac
    [ "$4" = "\${restarts:=$4}" ] || again=yes
done
[ -z "$again" ] || fail "exits again and again"
`,
    );
}

/** Watches the replicas of a new service, whose ID is in the variable ID, for some seconds. */
export function serviceStaysUp(
    { name, swarm }: ContainerSpec,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
    if (swarm?.replicas === 0) return pulumi.output("exit 0\n");
    return forDocker(
        opts,
        (docker) => `set -u
name=${shellQuote(name)}
running() {
    ${docker} service ps --filter desired-state=running --format '{{.ID}} {{.CurrentState}}' "$ID" | grep ' Running' | cut -d ' ' -f 1 | sort
}
before=$(running)
sleep ${SECONDS}
[ -z "$before" ] || [ "$(running)" != "$before" ] || exit 0
echo "The containers of the service $name do not stay up:" >&2
${docker} service ps --no-trunc --format '{{.CurrentState}} {{.Error}}' "$ID" | head -n 3 >&2
echo "Their last lines:" >&2
${docker} service logs --raw --tail 100 "$ID" 2>&1 | ${LAST_LINES}
exit 1
`,
    );
}

function forDocker(opts: pulumi.CustomResourceOptions, script: (docker: string) => string) {
    return pulumi
        .all([dockerCommand(opts.parent), dockerSetup(opts.parent)])
        .apply(([docker, setup]) => `${setup}${script(docker)}`);
}

function range(first: number, last: number): string {
    return Array.from({ length: last - first + 1 }, (_, i) => first + i).join(" ");
}
