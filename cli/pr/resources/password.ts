import type { Description } from "../changes.ts";
import { type Component, hasClientPassword } from "../components.ts";
import type { Step } from "../events.ts";
import { equal } from "../values.ts";
import { describeResource } from "./other.ts";

/** A generated password. */
export function describeGeneratedPassword(step: Step): Description {
    return describeResource(step, "password");
}

/** A risk, unless `drydock rotate` was asked for it. */
export const GENERATED_AGAIN = "a new password is generated: clients with the old password are locked out";

export function generatedPasswordRisks({ operation }: Step, component: Component): string[] {
    return operation === "replace" && hasClientPassword(component) ? [GENERATED_AGAIN] : [];
}

/** A Service with data records a hash of its password, which changes when the password does. */
export function recordedPasswordRisks(
    { operation, name, old, new: next }: Step,
    component: Component,
): string[] {
    const generated = component.steps.some(
        ({ type, operation }) => type.endsWith(":RandomPassword") && operation === "replace",
    );
    const [before, after] = [old, next].map(
        (state) => (state?.inputs.environment as Record<string, unknown> | undefined)?.HASH,
    );
    const isRecord = name.endsWith("-password-change") && operation === "update";
    return isRecord && !generated && !equal(before, after)
        ? ["its password changes: clients with the old password are locked out"]
        : [];
}
