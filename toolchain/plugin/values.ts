/**
 * Values as Pulumi's engine sends them: JSON, where two things are marked by a signature.
 * The signatures are part of the protocol (pulumi/sdk/go/common/resource/sig).
 */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Values = Record<string, Value | undefined>;

/** Stands for a value that is not known yet, as in a preview. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Names the inputs of an object that the program left out and the provider filled in. */
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

/** Whether the value, or anything inside it, meets the condition. */
export function some(value: Value | undefined, condition: (value: Value) => boolean): boolean {
    if (value === undefined) return false;
    if (condition(value)) return true;
    if (Array.isArray(value)) return value.some((item) => some(item, condition));
    return isObject(value) && Object.values(value).some((item) => some(item, condition));
}

export function containsUnknown(value: Value | undefined): boolean {
    return some(value, (item) => item === UNKNOWN);
}

/** The value without what is there for the engine alone: marks of secrets, lists of defaults, nulls. */
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

/** The keys whose values are, or hold, secrets. */
export function secretKeys(values: Values): string[] {
    return Object.keys(values).filter((key) => some(values[key], isSecret));
}

/** The values as the engine takes them, those under `secrets` marked as secret. */
export function marked(values: Values, secrets: readonly string[]): Record<string, Value> {
    return Object.fromEntries(
        Object.entries(values)
            .filter((entry): entry is [string, Value] => entry[1] !== undefined)
            .map(([key, value]) => [key, secrets.includes(key) ? secret(value) : value]),
    );
}
