/** The objects in a property that is a list of objects. Empty for anything else. */
export function objects(value: unknown): Record<string, unknown>[] {
    return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}

/** A string, or a number as a string. Empty for anything else. */
export function string(value: unknown): string {
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export function equal(a: unknown, b: unknown): boolean {
    return JSON.stringify(a) === JSON.stringify(b);
}

/** Formats a value as Markdown code. The value cannot end the code or the row of the table. */
export function code(value: string): string {
    return `\`${value.replace(/[`|\r\n]/g, " ")}\``;
}

/** Formats values as a list of Markdown code. */
export function codeList(values: string[]): string {
    return values.length === 0 ? "nothing" : values.map(code).join(", ");
}
