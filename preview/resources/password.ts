import type { Description } from "../changes.ts";
import { type Component, isDataService } from "../components.ts";
import type { Step } from "../events.ts";
import { describeResource } from "./other.ts";

/** A generated password. */
export function describeGeneratedPassword(step: Step): Description {
    return describeResource(step, "password");
}

export function generatedPasswordRisks({ operation }: Step, component: Component): string[] {
    return operation === "replace" && isDataService(component)
        ? ["its password is generated again: clients with the old password are locked out"]
        : [];
}
