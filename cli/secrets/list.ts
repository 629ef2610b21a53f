/** The secrets of a stack, without their values. */
import { readStackFile, type Stack } from "../project.ts";
import { isSecret, type RequiredSecrets, shortKey } from "./required.ts";

export interface SecretStatus {
    name: string;
    state: "set" | "missing";
    /** Whether the program cannot run without it. */
    required: boolean;
}

export interface SecretList {
    secrets: SecretStatus[];
    /** Why the program may require more. */
    reason?: string;
}

/** The secrets that the program requires, and any others that are set, sorted by name. */
export function listSecrets(stack: Stack, { names: required, ...rest }: RequiredSecrets): SecretList {
    const set = Object.entries(readStackFile(stack).config ?? {})
        .filter(([, value]) => isSecret(value))
        .map(([key]) => shortKey(stack.project, key));
    const names = [...new Set([...required, ...set])].sort();
    return {
        ...rest,
        secrets: names.map((name) => ({
            name,
            state: stack.config(name) === undefined ? "missing" : "set",
            required: required.includes(name),
        })),
    };
}
