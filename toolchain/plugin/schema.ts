import { Value } from "./values";

/** What is common to properties of every type. */
interface Options<T> {
    /** The program must set it. */
    readonly required?: true;
    /** The value where the program leaves it out. */
    readonly default?: T;
    /** Chosen by the provider where the program leaves it out: leaving it out is then no change. */
    readonly computed?: true;
    /** A change is carried out by `update`; otherwise it replaces the resource. */
    readonly inPlace?: true;
    /** Inside of what is carried out by `update`: a change of this part replaces the resource all the same. */
    readonly replaces?: true;
    /** A change is of no consequence: neither an update nor a replacement. */
    readonly ignored?: true;
    /** A secret, whatever the program says of it. */
    readonly sensitive?: true;
    /** What is wrong with the value, if anything. */
    readonly validate?: (value: T) => string | undefined;
    /** Any difference is a change, even between values that mean the same, such as "" and none. */
    readonly exact?: true;
    /** One spelling for values that mean the same. */
    readonly canonical?: (value: T) => T;
}

type Kind = "any" | "string" | "number" | "boolean" | "list" | "set" | "map" | "object";

/** One property of a resource: its type, and how the provider treats it. */
export interface Property<T = unknown, Present extends boolean = boolean> extends Options<unknown> {
    readonly kind: Kind;
    readonly element?: Property;
    readonly fields?: Properties;
    /** Filled in with a unique name made from the resource's own. */
    readonly autoname?: true;
    /** For the compiler alone: the type of the value, and whether it is always there. */
    readonly type?: { value: T; present: Present };
}

export type Properties = Readonly<Record<string, Property>>;

type PropertyType<P> = P extends Property<infer T> ? T : never;
type IsPresent<P> = P extends Property<unknown, infer Present> ? Present : never;

/** The type of an object with these properties, defaults filled in. */
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

/** The resource's name, made unique by a suffix where the program does not choose one. */
export const autoname = string({ required: true, autoname: true });

export function list<E extends Property, O extends Options<PropertyType<E>[]>>(element: E, options?: O) {
    return property<PropertyType<E>[]>("list", { element })(options);
}

/** A list whose order means nothing. */
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

export function matching(pattern: RegExp, meaning: string): (value: string) => string | undefined {
    return (value) => (pattern.test(value) ? undefined : `is not ${meaning}`);
}

export function atLeast(least: number): (value: number) => string | undefined {
    return (value) => (value >= least ? undefined : `is less than ${least}`);
}

/** The values with the default of every property that was left out, nested ones too. */
export function withDefaults(properties: Properties, values: Record<string, Value | undefined>) {
    const complete = { ...values };
    for (const [key, { default: fallback, fields, element }] of Object.entries(properties)) {
        const value = (complete[key] ?? fallback) as Value | undefined;
        if (value !== undefined) complete[key] = completeNested(value, fields, element);
    }
    return complete;
}

function completeNested(value: Value, fields?: Properties, element?: Property): Value {
    if (Array.isArray(value)) {
        return value.map((item) => completeNested(item, element?.fields, element?.element));
    }
    const nested = fields && typeof value === "object" && value !== null;
    return nested ? (withDefaults(fields, value) as Value) : value;
}
