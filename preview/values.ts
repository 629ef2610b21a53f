/** A property that is a list of objects; empty where it is something else. */
export function list(value: unknown): Record<string, unknown>[] {
    return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}

/** A text or a number as a text; empty for anything else. */
export function text(value: unknown): string {
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export function same(a: unknown, b: unknown): boolean {
    return JSON.stringify(a) === JSON.stringify(b);
}

/** The variables of a container, as lines `NAME=value`, by name. */
export function variables(envs: unknown): Map<string, string> {
    const lines = Array.isArray(envs) ? envs.map(text) : [];
    return new Map(
        lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
}
