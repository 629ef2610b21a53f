import type { Description } from "../changes.ts";
import type { State, Step } from "../events.ts";
import { code, objects, string } from "../values.ts";
import { describeVariableNames, FILE_LABEL } from "./container.ts";

/**
 * A file of a Swarm service: a docker.Secret or a docker.ServiceConfig. Of a file of environment variables, only the
 * names of the variables are shown.
 */
export function describeFile({ operation, name }: Step, { old, new: next }: Step): Description {
    if (operation !== "replace") return { sentences: [], effects: [] };
    const label = objects(next?.inputs.labels).find(({ label }) => label === FILE_LABEL);
    const sentences = name.endsWith("-environment")
        ? describeVariableNames(exportedVariables(old), exportedVariables(next))
        : [`file ${code(string(label?.value) || name)} changes`];
    return { sentences, effects: [] };
}

/** The lines `NAME=value` of a file of environment variables (engines/swarm/files.ts). */
function exportedVariables(state: State | undefined): string[] {
    const content = Buffer.from(string(state?.inputs.data), "base64").toString();
    return `\n${content}`
        .split(/\n(?:export |set -- )/)
        .slice(1)
        .filter((line) => line !== SET_BY_ENV)
        .map((line) => line.replace(/^'(.*=.*)' "\$@"$/s, "$1"));
}

/** Last line of a file that has variables which a shell cannot set. */
const SET_BY_ENV = 'env "$@"\n';
