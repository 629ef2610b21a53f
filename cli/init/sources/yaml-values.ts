/** Reads values of YAML files whose types are not known. */

export function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A map. Empty for anything else. */
export function object(value: unknown): Record<string, unknown> {
    return isObject(value) ? value : {};
}

/** A list, or a single value as a list. Empty without a value. */
export function list(value: unknown): unknown[] {
    if (value === undefined || value === null) return [];
    return Array.isArray(value) ? value : [value];
}

/** A scalar as a string. Empty without a value. */
export function scalar(value: unknown): string {
    return typeof value === "string"
        ? value
        : value === null || value === undefined
          ? ""
          : JSON.stringify(value);
}
