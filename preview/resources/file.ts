import type { Description } from "../changes.ts";
import type { State, Step } from "../events.ts";
import { code, string } from "../values.ts";
import { describeVariableNames } from "./container.ts";

/**
 * A file of a Swarm service: a docker.Secret or a docker.ServiceConfig. Of a file of environment variables, only the
 * names of the variables are shown.
 */
export function describeFile({ operation, name }: Step, { old, new: next }: Step): Description {
    if (operation !== "replace") return { sentences: [], effects: [] };
    const sentences = name.endsWith("-environment")
        ? describeVariableNames(exportedVariables(old), exportedVariables(next))
        : [`file ${code(name)} changes`];
    return { sentences, effects: [] };
}

/** The lines `NAME=value` of a file of environment variables, each after `export` (engines/swarm/files.ts). */
function exportedVariables(state: State | undefined): string[] {
    const content = Buffer.from(string(state?.inputs.data), "base64").toString();
    return `\n${content}`.split("\nexport ").slice(1);
}
