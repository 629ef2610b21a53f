import { quoted } from "./shell";

export interface TaskScript {
    /** Options of the docker command that say which Docker Engine it talks to. */
    engine: string[];
    container: string;
    image: string;
    /** Names of the variables, whose values the environment holds as `DRYDOCK_TASK_0` and so on. */
    variables: string[];
    networks: string[];
    options: string[];
    command: string[];
}

/**
 * The script that runs the container in the foreground. Values of variables are handed from environment to
 * environment: on a command line, everybody on the machine could read them.
 */
export function taskScript({
    engine,
    container,
    image,
    variables,
    networks,
    options,
    command: run,
}: TaskScript): string {
    const values = variables.map((name, i) => `${name}="$DRYDOCK_TASK_${i}" `).join("");
    const docker = ['"$docker"', ...engine.map(quoted)].join(" ");
    const create = [
        "--name",
        container,
        ...options,
        ...variables.flatMap((name) => ["--env", name]),
        image,
        ...run,
    ];
    return [
        "set -eu",
        'docker=$(command -v docker) || { echo "the docker command is not on PATH: install it" >&2; exit 1; }',
        // A variable called HOME is meant for the container, not for the docker command's own settings.
        'export DOCKER_CONFIG="${DOCKER_CONFIG:-${HOME:-}/.docker}"',
        `remove() { ${docker} rm --force --volumes ${quoted(container)} >/dev/null 2>&1 || true; }`,
        "remove # What a killed run may have left.",
        "trap remove EXIT",
        "trap 'exit 130' INT TERM",
        `${values}${docker} create ${create.map(quoted).join(" ")} >/dev/null`,
        ...networks.map((network) => `${docker} network connect ${quoted(network)} ${quoted(container)}`),
        // The network that it is created with must be on this machine when it starts, which a Swarm's need not be
        // (moby 26, normalizeNetMode): it is created with the one that is always there, and leaves it.
        ...(networks.length === 0
            ? []
            : [`${docker} network disconnect bridge ${quoted(container)} >/dev/null 2>&1 || true`]),
        `${docker} start --attach ${quoted(container)}`,
        "",
    ].join("\n");
}
