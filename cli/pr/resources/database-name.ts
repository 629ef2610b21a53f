import type { State, Step } from "../events.ts";
import { code } from "../values.ts";
import { variables } from "./container.ts";
import { exportedVariables } from "./file.ts";

/**
 * A database or a role that gets another name, in the variables of a container or in the file with them on a Swarm.
 *
 * @param unmasked the same step with its secrets: secret names are compared and not shown
 */
export function databaseNameRisks(step: Step, unmasked: Step): string[] {
    const valuesIn = ({ old, new: next }: Step, variable: string) =>
        [old, next].map((state) => variables(linesOf(state)).get(variable));
    return Object.entries({ POSTGRES_DB: "database", POSTGRES_USER: "role" }).flatMap(([variable, kind]) => {
        const [from, to] = valuesIn(unmasked, variable);
        if (from === undefined || to === undefined || from === to) return [];
        const [before, after] = valuesIn(step, variable);
        const isPublic = before === from && after === to;
        const names = isPublic ? `${code(from)} → ${code(to)}` : "has another name";
        return [`${kind} ${names}: a new, empty one is created, and the old one is no longer used`];
    });
}

/** The lines `NAME=value` of a container, or of a file on a Swarm. */
function linesOf(state: State | undefined): unknown {
    return state?.inputs.data === undefined ? state?.inputs.envs : exportedVariables(state);
}
