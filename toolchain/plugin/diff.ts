import { isDeepStrictEqual } from "node:util";
import { Properties, Property } from "./schema";
import { containsUnknown, isObject, Value, Values } from "./values";

export type Kind = "add" | "delete" | "update";

/** One changed property: its path, such as `envs[2]`, and whether the change replaces the resource. */
export interface Change {
    path: string;
    kind: Kind;
    replace: boolean;
}

/**
 * What changes between a resource's state and a program's inputs, both plain. The state is what was last
 * seen of the resource, so what was changed behind the program's back counts as a change too.
 */
export function diff(properties: Properties, state: Values, inputs: Values): Change[] {
    return Object.entries(properties).flatMap(([key, property]) =>
        changes(property, key, state[key], inputs[key], !property.inPlace),
    );
}

/** The changes of a property; of an object, and of a map that is changed in place, those of what is in it. */
function changes(
    property: Property,
    path: string,
    state: Value | undefined,
    input: Value | undefined,
    replace: boolean,
): Change[] {
    if (same(property, state, input)) return [];
    const { fields } = property;
    if (fields && !property.exact && isObject(state) && isObject(input)) {
        return Object.entries(fields).flatMap(([key, field]) =>
            changes(field, `${path}.${key}`, state[key], input[key], replace || field.replaces === true),
        );
    }
    if (property.kind === "map" && !replace && !property.replaces && isObject(state) && isObject(input)) {
        return changedEntries(property, path, state, input);
    }
    return changedParts(property, path, state, input, replace);
}

function changedEntries(
    { element = { kind: "any" } }: Property,
    path: string,
    state: Values,
    input: Values,
): Change[] {
    const keys = [...new Set([...Object.keys(state), ...Object.keys(input)])];
    return keys
        .filter((key) => !same({ ...element, exact: true }, state[key], input[key]))
        .map((key) => ({
            path: /^\w+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`,
            kind: kindOf(input[key] !== undefined, state[key] !== undefined),
            replace: false,
        }));
}

/** Whether anything in the value is such that its coming, going or changing replaces the resource. */
function holdsReplacing({ replaces, element, fields }: Property, value: Value | undefined): boolean {
    if (replaces) return Array.isArray(value) ? value.length > 0 : value !== undefined;
    if (Array.isArray(value)) return value.some((item) => element && holdsReplacing(element, item));
    return (
        isObject(value) &&
        Object.entries(fields ?? {}).some(([key, field]) => holdsReplacing(field, value[key]))
    );
}

/** Whether the state is what the input asks for. */
export function same(property: Property, state: Value | undefined, input: Value | undefined): boolean {
    if (property.ignored) return true;
    if (containsUnknown(input)) return false;
    // A text that is empty says as little as none; a number that is 0 is one.
    if (property.computed && (input === undefined || input === "")) return true;
    if (property.exact) return isDeepStrictEqual(state, input);
    const { kind, element, fields } = property;
    if (element && kind !== "map") {
        const [olds, news] = [asArray(state), asArray(input)];
        if (kind === "list") {
            return olds.length === news.length && news.every((item, i) => same(element, olds[i], item));
        }
        const [added, deleted] = exchanged(element, olds, news);
        return added.length === 0 && deleted.length === 0;
    }
    if (fields) {
        const [olds, news] = [asObject(state), asObject(input)];
        return Object.entries(fields).every(([key, field]) => same(field, olds[key], news[key]));
    }
    return signature(property, state) === signature(property, input);
}

const asArray = (value: Value | undefined): Value[] => (Array.isArray(value) ? value : []);
const asObject = (value: Value | undefined): Values => (isObject(value) ? value : {});

/** A text that is equal for values that mean the same: defaults filled in, empty as absent. */
function signature({ default: fallback, canonical }: Property, value: Value | undefined): string {
    const given = value ?? (fallback as Value | undefined);
    const meant = canonical && given !== undefined ? canonical(given) : given;
    if (isObject(meant)) return JSON.stringify(Object.entries(meant).sort());
    return meant === undefined || meant === "" || meant === 0 || meant === false
        ? "[]"
        : JSON.stringify(meant);
}

/** The elements of a list or set that changed; the whole property for anything else. */
function changedParts(
    property: Property,
    path: string,
    state: Value | undefined,
    input: Value | undefined,
    replace: boolean,
): Change[] {
    const { element } = property;
    const lasting = (of: Property, value: Value | undefined) => replace || holdsReplacing(of, value);
    const whole = (kind: Kind) => [
        { path, kind, replace: lasting(property, state) || lasting(property, input) },
    ];
    if (!element || !Array.isArray(state) || !Array.isArray(input)) {
        return whole(state === undefined ? "add" : input === undefined ? "delete" : "update");
    }
    const [added, deleted] = exchanged(element, state, input);
    const parts = [...new Set([...added, ...deleted])].map((index) => ({
        path: `${path}[${index}]`,
        kind: kindOf(added.includes(index), deleted.includes(index)),
        replace:
            replace ||
            property.replaces === true ||
            (added.includes(index) && holdsReplacing(element, input[index])) ||
            (deleted.includes(index) && holdsReplacing(element, state[index])),
    }));
    // Nothing added and nothing deleted: a list in another order.
    return parts.length > 0 ? parts : whole("update");
}

/** Where there are new elements that no old one is the same as, and old ones that no new one is. */
function exchanged(element: Property, olds: Value[], news: Value[]): [added: number[], deleted: number[]] {
    return [
        indexesMissing(news, (item) => olds.some((old) => same(element, old, item))),
        indexesMissing(olds, (old) => news.some((item) => same(element, old, item))),
    ];
}

function indexesMissing(items: Value[], present: (item: Value) => boolean): number[] {
    return items.flatMap((item, index) => (present(item) ? [] : [index]));
}

function kindOf(added: boolean, deleted: boolean): Kind {
    if (added && deleted) return "update";
    return added ? "add" : "delete";
}
