import type { Value } from "./values.ts";

/** Options of a property of any kind. */
interface Options<T> {
    /** The program must set it. */
    readonly required?: true;
    /** The value if the program sets none. */
    readonly default?: T;
    /** The provider chooses a value if the program sets none. Then a missing input is not a change. */
    readonly computed?: true;
    /** Changes are made by `update`. Without this, they replace the resource. */
    readonly inPlace?: true;
    /** Changes replace the resource although the surrounding property is `inPlace`. */
    readonly replaces?: true;
    /** Changes are not part of the diff. */
    readonly ignored?: true;
    /** Always a secret. */
    readonly sensitive?: true;
    /** Returns what is wrong with the value, if anything. */
    readonly validate?: (value: T) => string | undefined;
    /** Treat values that are otherwise equivalent, such as "" and unset, as different. */
    readonly exact?: true;
    /** Returns the normal form of equivalent values. */
    readonly canonical?: (value: T) => T;
}

type Kind = "any" | "string" | "number" | "boolean" | "list" | "set" | "map" | "object";

/** A property of a resource: its type, and how the provider treats it. */
export interface Property<T = unknown, Present extends boolean = boolean> extends Options<unknown> {
    readonly kind: Kind;
    readonly element?: Property;
    readonly fields?: Properties;
    /** Defaults to a unique name derived from the resource's name. */
    readonly autoname?: true;
    /** Type information only: the type of the value, and whether it is always present. */
    readonly type?: { value: T; present: Present };
}

export type Properties = Readonly<Record<string, Property>>;

type PropertyType<P> = P extends Property<infer T> ? T : never;
type IsPresent<P> = P extends Property<unknown, infer Present> ? Present : never;

/** The type of an object with these properties, with defaults applied. */
export type TypeOf<P extends Properties> = {
    -readonly [K in keyof P as true extends IsPresent<P[K]> ? K : never]: PropertyType<P[K]>;
} & {
    -readonly [K in keyof P as true extends IsPresent<P[K]> ? never : K]?: PropertyType<P[K]>;
};

type Present<O> = O extends { required: true } | { default: unknown } ? true : false;

function property<T>(kind: Kind, parts?: object) {
    return <O extends Options<T> & { autoname?: true }>(options?: O): Property<T, Present<O>> =>
        ({ kind, ...parts, ...options }) as Property<T, Present<O>>;
}

export const any = property<Value>("any");
export const string = property<string>("string");
export const number = property<number>("number");
export const boolean = property<boolean>("boolean");

/** The resource's name. Defaults to the name in the program with a unique suffix. */
export const autoname = string({ required: true, autoname: true });

export function list<E extends Property, O extends Options<PropertyType<E>[]>>(element: E, options?: O) {
    return property<PropertyType<E>[]>("list", { element })(options);
}

/** A list whose order is insignificant. */
export function set<E extends Property, O extends Options<PropertyType<E>[]>>(element: E, options?: O) {
    return property<PropertyType<E>[]>("set", { element })(options);
}

export function map<O extends Options<Record<string, string>>>(options?: O) {
    return property<Record<string, string>>("map", { element: string() })(options);
}

export function object<P extends Properties, O extends Options<TypeOf<P>>>(fields: P, options?: O) {
    return property<TypeOf<P>>("object", { fields })(options);
}

export function oneOf(...values: string[]): (value: string) => string | undefined {
    return (value) => (values.includes(value) ? undefined : `is not one of ${values.join(", ")}`);
}

export function matches(pattern: RegExp, meaning: string): (value: string) => string | undefined {
    return (value) => (pattern.test(value) ? undefined : `is not ${meaning}`);
}

export function atLeast(least: number): (value: number) => string | undefined {
    return (value) => (value >= least ? undefined : `is less than ${least}`);
}

/** Adds the defaults of all missing properties, including nested ones. */
export function withDefaults(properties: Properties, values: Record<string, Value | undefined>) {
    const completed = { ...values };
    for (const [key, { default: fallback, fields, element }] of Object.entries(properties)) {
        const value = (completed[key] ?? fallback) as Value | undefined;
        if (value !== undefined) completed[key] = withNestedDefaults(value, fields, element);
    }
    return completed;
}

function withNestedDefaults(value: Value, fields?: Properties, element?: Property): Value {
    if (Array.isArray(value)) {
        return value.map((item) => withNestedDefaults(item, element?.fields, element?.element));
    }
    const nested = fields && typeof value === "object" && value !== null;
    return nested ? (withDefaults(fields, value) as Value) : value;
}
