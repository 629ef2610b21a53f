import { physicalName } from "../shared/names.ts";
import { shellQuote } from "../shared/scripts.ts";
import { dockerCreateArguments, TASK_LABEL, type TaskRun } from "./task-container.ts";

/**
 * Everything that a task runs, as one string. The task runs again when the string changes. Nothing executes it.
 *
 * The string is the script of version 0.1.0, in which a changed script ran the task again. States contain that script,
 * so any other string would run every migration again on an upgrade.
 *
 * @param docker options of the docker command
 */
export function taskFingerprint(
    name: string,
    { container, variables: { names: variables } }: TaskRun,
    docker: string[],
): string {
    const command = ['"$docker"', ...docker.map(shellQuote)].join(" ");
    const formerName = physicalName(`${name}-task`);
    const values = variables.map((variable, i) => `${variable}="$DRYDOCK_TASK_${i}" `).join("");
    const labels = container.labels.filter(({ label }) => label !== TASK_LABEL);
    const create = ["--name", formerName, ...dockerCreateArguments({ ...container, labels }, variables)];
    const networks = container.networksAdvanced.map((network) => network.name);
    return [
        "set -eu",
        'docker=$(command -v docker) || { echo "the docker command is not on PATH: install it" >&2; exit 1; }',
        'export DOCKER_CONFIG="${DOCKER_CONFIG:-${HOME:-}/.docker}"',
        `remove() { ${command} rm --force --volumes ${shellQuote(formerName)} >/dev/null 2>&1 || true; }`,
        "remove # What a killed run may have left.",
        "trap remove EXIT",
        "trap 'exit 130' INT TERM",
        `${values}${command} create ${create.map(shellQuote).join(" ")} >/dev/null`,
        ...networks.map(
            (network) => `${command} network connect ${shellQuote(network)} ${shellQuote(formerName)}`,
        ),
        ...(networks.length === 0
            ? []
            : [`${command} network disconnect bridge ${shellQuote(formerName)} >/dev/null 2>&1 || true`]),
        `${command} start --attach ${shellQuote(formerName)}`,
        "",
    ].join("\n");
}
