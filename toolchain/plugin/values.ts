/**
 * Values as Pulumi's engine sends them: JSON, in which secrets and unknown values are marked by signatures. The signatures
 * are part of the protocol (pulumi/sdk/go/common/resource/sig).
 */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Values = Record<string, Value | undefined>;

/** Stands for a value that is unknown during a preview. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Key of an object's list of inputs that the program did not set and the provider defaulted. */
export const DEFAULTS = "__defaults";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

export function isObject(value: unknown): value is Record<string, Value> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSecret(value: unknown): value is { value: Value } {
    return isObject(value) && value[SIGNATURE] === SECRET;
}

export function secret(value: Value): Value {
    return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

/** Whether the value or any nested value meets the condition. */
export function someValue(value: Value | undefined, condition: (value: Value) => boolean): boolean {
    if (value === undefined) return false;
    if (condition(value)) return true;
    if (Array.isArray(value)) return value.some((item) => someValue(item, condition));
    return isObject(value) && Object.values(value).some((item) => someValue(item, condition));
}

export function containsUnknown(value: Value | undefined): boolean {
    return someValue(value, (item) => item === UNKNOWN);
}

/** Removes secret marks, `__defaults` and nulls. */
export function plain(value: Value): Value {
    if (isSecret(value)) return plain(value.value);
    if (Array.isArray(value)) return value.map(plain);
    return isObject(value) ? (plainObject(value) as Value) : value;
}

export function plainObject(values: Values): Values {
    return Object.fromEntries(
        Object.entries(values)
            .filter(([key, value]) => key !== DEFAULTS && value !== null && value !== undefined)
            .map(([key, value]) => [key, plain(value as Value)]),
    );
}

/** The keys of values that are or contain secrets. */
export function secretKeys(values: Values): string[] {
    return Object.keys(values).filter((key) => someValue(values[key], isSecret));
}

/** Marks the values of the given keys as secret. */
export function markSecrets(values: Values, secrets: readonly string[]): Record<string, Value> {
    return Object.fromEntries(
        Object.entries(values)
            .filter((entry): entry is [string, Value] => entry[1] !== undefined)
            .map(([key, value]) => [key, secrets.includes(key) ? secret(value) : value]),
    );
}
