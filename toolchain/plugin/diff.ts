import { isDeepStrictEqual } from "node:util";
import type { Properties, Property } from "./schema.ts";
import { containsUnknown, isObject, type Value, type Values } from "./values.ts";

export type Kind = "add" | "delete" | "update";

/** One changed property: its path, such as `envs[2]`, and whether the change replaces the resource. */
export interface Change {
    path: string;
    kind: Kind;
    replace: boolean;
}

/**
 * Compares a resource's state with a program's inputs, both without secret marks. The state is what was last read, so
 * changes made outside of Pulumi are part of the diff.
 */
export function diff(properties: Properties, state: Values, inputs: Values): Change[] {
    return Object.entries(properties).flatMap(([key, property]) =>
        diffProperty(property, key, state[key], inputs[key], !property.inPlace),
    );
}

/** The changes of one property: per field for objects, and per key for maps that are updated in place. */
function diffProperty(
    property: Property,
    path: string,
    state: Value | undefined,
    input: Value | undefined,
    replace: boolean,
): Change[] {
    if (isUnchanged(property, state, input)) return [];
    const { fields } = property;
    if (fields && !property.exact && isObject(state) && isObject(input)) {
        return Object.entries(fields).flatMap(([key, field]) =>
            diffProperty(field, `${path}.${key}`, state[key], input[key], replace || field.replaces === true),
        );
    }
    if (property.kind === "map" && !replace && !property.replaces && isObject(state) && isObject(input)) {
        return diffMapEntries(property, path, state, input);
    }
    return diffElements(property, path, state, input, replace);
}

function diffMapEntries(
    { element = { kind: "any" } }: Property,
    path: string,
    state: Values,
    input: Values,
): Change[] {
    const keys = [...new Set([...Object.keys(state), ...Object.keys(input)])];
    return keys
        .filter((key) => !isUnchanged({ ...element, exact: true }, state[key], input[key]))
        .map((key) => ({
            path: /^\w+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`,
            kind: kindOf(input[key] !== undefined, state[key] !== undefined),
            replace: false,
        }));
}

/** Whether the value contains a field marked `replaces`, so that adding, removing or changing it replaces the resource. */
function requiresReplace({ replaces, element, fields }: Property, value: Value | undefined): boolean {
    if (replaces) return Array.isArray(value) ? value.length > 0 : value !== undefined;
    if (Array.isArray(value)) return value.some((item) => element && requiresReplace(element, item));
    return (
        isObject(value) &&
        Object.entries(fields ?? {}).some(([key, field]) => requiresReplace(field, value[key]))
    );
}

/** Whether the state already is what the input asks for. */
export function isUnchanged(property: Property, state: Value | undefined, input: Value | undefined): boolean {
    if (property.ignored) return true;
    if (containsUnknown(input)) return false;
    // An empty string counts as unset; the number 0 does not.
    if (property.computed && (input === undefined || input === "")) return true;
    if (property.exact) return isDeepStrictEqual(state, input);
    const { kind, element, fields } = property;
    if (element && kind !== "map") {
        const [olds, news] = [asArray(state), asArray(input)];
        if (kind === "list") {
            return (
                olds.length === news.length && news.every((item, i) => isUnchanged(element, olds[i], item))
            );
        }
        const [added, deleted] = addedAndDeleted(element, olds, news);
        return added.length === 0 && deleted.length === 0;
    }
    if (fields) {
        const [olds, news] = [asObject(state), asObject(input)];
        return Object.entries(fields).every(([key, field]) => isUnchanged(field, olds[key], news[key]));
    }
    return canonicalJson(property, state) === canonicalJson(property, input);
}

const asArray = (value: Value | undefined): Value[] => (Array.isArray(value) ? value : []);
const asObject = (value: Value | undefined): Values => (isObject(value) ? value : {});

/** JSON that is equal for equivalent values: defaults applied, and empty values like missing ones. */
function canonicalJson({ default: fallback, canonical }: Property, value: Value | undefined): string {
    const present = value ?? (fallback as Value | undefined);
    const normalized = canonical && present !== undefined ? canonical(present) : present;
    if (isObject(normalized)) return JSON.stringify(Object.entries(normalized).sort());
    return normalized === undefined || normalized === "" || normalized === 0 || normalized === false
        ? "[]"
        : JSON.stringify(normalized);
}

/** The changed elements of a list or set; for any other kind, the property as a whole. */
function diffElements(
    property: Property,
    path: string,
    state: Value | undefined,
    input: Value | undefined,
    replace: boolean,
): Change[] {
    const { element } = property;
    const replaces = (of: Property, value: Value | undefined) => replace || requiresReplace(of, value);
    const whole = (kind: Kind) => [
        { path, kind, replace: replaces(property, state) || replaces(property, input) },
    ];
    if (!element || !Array.isArray(state) || !Array.isArray(input)) {
        return whole(state === undefined ? "add" : input === undefined ? "delete" : "update");
    }
    const [added, deleted] = addedAndDeleted(element, state, input);
    const elementChanges = [...new Set([...added, ...deleted])].map((index) => ({
        path: `${path}[${index}]`,
        kind: kindOf(added.includes(index), deleted.includes(index)),
        replace:
            replace ||
            property.replaces === true ||
            (added.includes(index) && requiresReplace(element, input[index])) ||
            (deleted.includes(index) && requiresReplace(element, state[index])),
    }));
    // Nothing added or deleted: the list has another order.
    return elementChanges.length > 0 ? elementChanges : whole("update");
}

/** The indexes of new elements without an equal old one, and of old elements without an equal new one. */
function addedAndDeleted(
    element: Property,
    olds: Value[],
    news: Value[],
): [added: number[], deleted: number[]] {
    return [
        indexesWhereNot(news, (item) => olds.some((old) => isUnchanged(element, old, item))),
        indexesWhereNot(olds, (old) => news.some((item) => isUnchanged(element, old, item))),
    ];
}

function indexesWhereNot(items: Value[], present: (item: Value) => boolean): number[] {
    return items.flatMap((item, index) => (present(item) ? [] : [index]));
}

function kindOf(added: boolean, deleted: boolean): Kind {
    if (added && deleted) return "update";
    return added ? "add" : "delete";
}
