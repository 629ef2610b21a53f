import type { Description } from "../changes.ts";
import type { Operation, Step } from "../events.ts";
import { code } from "../values.ts";

const VERBS: Record<Operation, string> = {
    create: "is created",
    delete: "is removed",
    replace: "is replaced",
    update: "is updated",
    same: "does not change",
};

export function describeNetwork(step: Step): Description {
    return describeResource(step, "network");
}

/** A generated host port. */
export function describeGeneratedPort({ operation, name }: Step): Description {
    const sentence = `host port ${code(name)} is chosen`;
    return { sentences: operation === "delete" ? [] : [sentence], effects: [] };
}

/** A resource of which only the operation is shown. */
export function describeResource({ operation, name }: Step, kind: string): Description {
    return {
        sentences: [`${kind} ${code(name)} ${VERBS[operation]}`],
        effects: operation === "replace" ? ["replaced"] : [],
    };
}
