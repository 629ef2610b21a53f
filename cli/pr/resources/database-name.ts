import type { Step } from "../events.ts";
import { code } from "../values.ts";
import { variables } from "./container.ts";

/**
 * A database or a role that gets another name.
 *
 * @param unmasked the same step with its secrets: secret names are compared and not shown
 */
export function databaseNameRisks(step: Step, unmasked: Step): string[] {
    const valuesIn = ({ old, new: next }: Step, variable: string) =>
        [old, next].map((state) => variables(state?.inputs.envs).get(variable));
    return Object.entries({ POSTGRES_DB: "database", POSTGRES_USER: "role" }).flatMap(([variable, kind]) => {
        const [from, to] = valuesIn(unmasked, variable);
        if (from === undefined || to === undefined || from === to) return [];
        const [before, after] = valuesIn(step, variable);
        const isPublic = before === from && after === to;
        const names = isPublic ? `${code(from)} → ${code(to)}` : "has another name";
        return [`${kind} ${names}: a new, empty one is created, and the old one is no longer used`];
    });
}
