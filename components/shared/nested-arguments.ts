/** Arguments of components inside another one. The outer component checks and converts them, and creates the volumes. */
const nested = new WeakSet<object>();

export function markNested<T extends object>(args: T): T {
    nested.add(args);
    return args;
}

/** A copy of marked arguments is not marked. */
export function isNested(args: object): boolean {
    return nested.has(args);
}
