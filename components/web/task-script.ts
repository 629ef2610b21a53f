import { shellQuote } from "../shared/shell.ts";

export interface TaskScript {
    /** Options of the docker command that say which Docker Engine it talks to. */
    engine: string[];
    /** What a script does first, so that the docker command reaches the provider's Docker Engine. */
    setup: string;
    /** The name of the container. */
    container: string;
    /** Labels that only a container of this task has. */
    labels: Record<string, string>;
    image: string;
    /** Names of the variables, whose values the environment holds as `DRYDOCK_TASK_0` and so on. */
    variables: string[];
    /** Those of them that are the URL of a Redis, and whose user the environment leaves out. */
    redisUrls: string[];
    networks: string[];
    options: string[];
    command: string[];
}

/**
 * What a task runs, as text: a change of it runs the task again. States of all versions since 0.1.0 hold this text, and
 * it must not change by itself, or an upgrade would run every migration again: what runs is `taskScript`.
 *
 * @param container the name of the container as it was then
 */
export function taskDescription({
    engine,
    container,
    image,
    variables,
    networks,
    options,
    command,
}: Omit<TaskScript, "setup" | "labels" | "redisUrls">): string {
    const docker = ['"$docker"', ...engine.map(shellQuote)].join(" ");
    const values = variables.map((name, i) => `${name}="$DRYDOCK_TASK_${i}" `).join("");
    const create = ["--name", container, ...options, ...environmentOptions(variables), image, ...command];
    return [
        "set -eu",
        'docker=$(command -v docker) || { echo "the docker command is not on PATH: install it" >&2; exit 1; }',
        'export DOCKER_CONFIG="${DOCKER_CONFIG:-${HOME:-}/.docker}"',
        `remove() { ${docker} rm --force --volumes ${shellQuote(container)} >/dev/null 2>&1 || true; }`,
        "remove # What a killed run may have left.",
        "trap remove EXIT",
        "trap 'exit 130' INT TERM",
        `${values}${docker} create ${create.map(shellQuote).join(" ")} >/dev/null`,
        ...networks.map(
            (network) => `${docker} network connect ${shellQuote(network)} ${shellQuote(container)}`,
        ),
        ...(networks.length === 0
            ? []
            : [`${docker} network disconnect bridge ${shellQuote(container)} >/dev/null 2>&1 || true`]),
        `${docker} start --attach ${shellQuote(container)}`,
        "",
    ].join("\n");
}

/** Those that Docker's `proxies` setting (config.json) sets in what the docker command creates. */
const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap((name) => [
    name,
    name.toLowerCase(),
]);

/**
 * The script that runs the container in the foreground. Values of variables are handed from environment to
 * environment: on a command line, everybody on the machine could read them. It removes containers by ID alone: a name
 * may have been taken by another.
 */
export function taskScript({
    engine,
    setup,
    container,
    labels,
    image,
    variables,
    redisUrls,
    networks,
    options,
    command,
}: TaskScript): string {
    const docker = ['"$docker"', ...engine.map(shellQuote)].join(" ");
    const own = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
    const value = (name: string, i: number) =>
        redisUrls.includes(name)
            ? `\${DRYDOCK_TASK_${i}%%:*}://default:\${DRYDOCK_TASK_${i}#*://:}`
            : `$DRYDOCK_TASK_${i}`;
    const values = variables.map((name, i) => `${name}="${value(name, i)}" `).join("");
    const before = ["--name", container, ...own.flatMap((label) => ["--label", label]), ...options];
    const after = [...environmentOptions(variables), image, ...command];
    const proxies = PROXIES.filter((name) => !variables.includes(name));
    return [
        "set -eu",
        "exec </dev/null",
        'docker=$(command -v docker) || { echo "the docker command is not on PATH: install it" >&2; exit 1; }',
        // A variable called HOME is meant for the container, not for the docker command's own settings.
        'export DOCKER_CONFIG="${DOCKER_CONFIG:-${HOME:-}/.docker}"',
        `${setup}remove() { [ -z "$id" ] || ${docker} rm --force --volumes "$id" >/dev/null 2>&1 || true; }`,
        `left() { ${docker} ps --all --quiet --no-trunc ${own.map((label) => `--filter ${shellQuote(`label=${label}`)}`).join(" ")}; }`,
        "for id in $(left); do remove; done # What a killed run may have left.",
        "id=",
        "trap remove EXIT",
        "trap 'exit 130' INT TERM",
        `name_taken() {
    owner=$(${docker} container inspect --format '${OWNER}' ${shellQuote(container)} 2>/dev/null) || return 0
    echo "The task needs the container name ${container}, which another container has ($owner): rename that one, or the task." >&2
}`,
        // Applications do not get them either.
        "set --",
        `! grep -qs '"proxies"' "$DOCKER_CONFIG/config.json" || set -- ${proxies.map((name) => `--env ${name}=`).join(" ")}`,
        `id=$(${values}${docker} create ${before.map(shellQuote).join(" ")} "$@" ${after.map(shellQuote).join(" ")}) || {
    status=$?
    name_taken
    exit "$status"
}`,
        ...networks.map((network) => `${docker} network connect ${shellQuote(network)} "$id"`),
        // The network that it is created with must be on this machine when it starts, which a Swarm's need not be
        // (moby 26, normalizeNetMode): it is created with the one that is always there, and leaves it.
        ...(networks.length === 0
            ? []
            : [`${docker} network disconnect bridge "$id" >/dev/null 2>&1 || true`]),
        `${docker} start --attach "$id"`,
        "",
    ].join("\n");
}

/** Whose a container is, in Docker's template language. */
const OWNER =
    'ID {{printf "%.12s" .Id}}{{with index .Config.Labels "drydock.project"}}, of project {{.}}{{end}}' +
    '{{with index .Config.Labels "drydock.stack"}}, stack {{.}}{{end}}' +
    '{{with index .Config.Labels "drydock.component"}}, component {{.}}{{end}}';

function environmentOptions(variables: string[]): string[] {
    return variables.flatMap((name) => ["--env", name]);
}
