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
    return Object.entries(properties).flatMap(([key, property]) => {
        if (same(property, state[key], inputs[key])) return [];
        const replace = !property.inPlace;
        return changedParts(property, key, state[key], inputs[key]).map((part) => ({ ...part, replace }));
    });
}

/** Whether the state is what the input asks for. */
export function same(property: Property, state: Value | undefined, input: Value | undefined): boolean {
    if (property.ignored) return true;
    if (containsUnknown(input)) return false;
    if (input === undefined && property.computed) return true;
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
    { element }: Property,
    key: string,
    state: Value | undefined,
    input: Value | undefined,
): Omit<Change, "replace">[] {
    if (!element || !Array.isArray(state) || !Array.isArray(input)) {
        return [{ path: key, kind: state === undefined ? "add" : input === undefined ? "delete" : "update" }];
    }
    const [added, deleted] = exchanged(element, state, input);
    const parts = [...new Set([...added, ...deleted])].map((index) => ({
        path: `${key}[${index}]`,
        kind: kindOf(added.includes(index), deleted.includes(index)),
    }));
    // Nothing added and nothing deleted: a list in another order.
    return parts.length > 0 ? parts : [{ path: key, kind: "update" }];
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
