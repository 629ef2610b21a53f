import type { Description } from "../changes.ts";
import { type Component, hasClientPassword } from "../components.ts";
import type { Step } from "../events.ts";
import { equal, objects, string } from "../values.ts";
import { describeResource } from "./other.ts";

/** A generated password. */
export function describeGeneratedPassword(step: Step): Description {
    return describeResource(step, "password");
}

/** A risk, unless `drydock rotate` was asked for it. */
export const GENERATED_AGAIN = "a new password is generated: clients with the old password are locked out";

const CHANGES = "its password changes: clients with the old password are locked out";

export function generatedPasswordRisks({ operation }: Step, component: Component): string[] {
    return operation === "replace" && hasClientPassword(component) ? [GENERATED_AGAIN] : [];
}

/** A Service with data records a hash of its password, which changes when the password does. */
export function recordedPasswordRisks(
    { operation, name, old, new: next }: Step,
    component: Component,
): string[] {
    const [before, after] = [old, next].map(
        (state) => (state?.inputs.environment as Record<string, unknown> | undefined)?.HASH,
    );
    const isRecord = name.endsWith("-password-change") && operation === "update";
    return isRecord && !isGeneratedAgain(component) && !equal(before, after) ? [CHANGES] : [];
}

/** A password that the user sets is added or changes. A generated one that is replaced is reported with its resource. */
export function userPasswordRisks({ operation, old, new: next }: Step, component: Component): string[] {
    if (operation === "create" || operation === "delete") return [];
    if (!hasClientPassword(component) || isGeneratedAgain(component)) return [];
    const [before, after] = [old, next].map(
        (state) => objects(state?.inputs.uploads).find(({ file }) => isPasswordFile(string(file)))?.content,
    );
    if (equal(before, after)) return [];
    return before === undefined
        ? ["it now requires a password: clients without one are locked out"]
        : [CHANGES];
}

function isGeneratedAgain({ steps }: Component): boolean {
    return steps.some(({ type, operation }) => type.endsWith(":RandomPassword") && operation === "replace");
}

function isPasswordFile(path: string): boolean {
    return path.startsWith("/run/drydock/") && path.endsWith("-password");
}
