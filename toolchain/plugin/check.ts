import { createHash } from "node:crypto";
import { Properties, Property } from "./schema";
import { DEFAULTS, isObject, isSecret, secret, UNKNOWN, Value, Values } from "./values";

export interface Failure {
    /** Path of the property, such as `ports[0].internal`. */
    property: string;
    reason: string;
}

/** How the engine wants a resource named that the program leaves unnamed. */
export interface Naming {
    /** The resource's name in the program. */
    name: string;
    randomSeed: Uint8Array;
    /** A name that the project's `pulumi:autonaming` setting asks for. */
    proposed?: string;
    /** The project's settings forbid making up a name. */
    disabled?: boolean;
}

interface Walk {
    naming?: Naming;
    /** Inside a secret: what is wrong there is told without the value. */
    secret?: boolean;
    /** Inside an element of a set, whose blocks may be empty. */
    set?: boolean;
    failures: Failure[];
}

/**
 * Validates a program's inputs and fills in what it left out. Names every default in `__defaults`, as
 * Pulumi's Terraform bridge does, so that either provider takes over the other's state without a change.
 */
export function check(
    properties: Properties,
    news: Values,
    olds: Values,
    naming?: Naming,
): { inputs: Values; failures: Failure[] } {
    const walk: Walk = { naming, failures: [] };
    const inputs = checkFields(properties, news, olds, "", walk);
    return { inputs, failures: walk.failures };
}

function checkFields(properties: Properties, news: Values, olds: Values, path: string, walk: Walk): Values {
    const inputs: Values = {};
    for (const [key, value] of Object.entries(news)) {
        if (key === DEFAULTS || value === null || value === undefined) continue;
        const property = properties[key];
        if (property) {
            inputs[key] = checkValue(property, value, olds[key], path + key, walk);
        } else {
            walk.failures.push({ property: path + key, reason: notSupported(path + key, properties) });
        }
    }

    const oldDefaults = olds[DEFAULTS];
    const defaults: string[] = [];
    for (const [key, property] of Object.entries(properties)) {
        if (inputs[key] !== undefined) continue;
        const kept = Array.isArray(oldDefaults) && oldDefaults.includes(key) ? olds[key] : undefined;
        const fallback = kept ?? fallbackFor(property, walk.naming);
        if (fallback) {
            inputs[key] = fallback;
            defaults.push(key);
        } else if (property.required) {
            walk.failures.push({ property: path + key, reason: `${path + key}: is required, set it` });
        }
    }
    inputs[DEFAULTS] = defaults.sort();
    return inputs;
}

/** A default that says nothing (false, 0, "") stays out of the inputs, as in the bridge (its issue 2618). */
function fallbackFor(property: Property, naming?: Naming): Value | undefined {
    if (property.autoname && naming) return uniqueName(naming);
    return (property.default as Value | undefined) ?? undefined;
}

function uniqueName({ name, randomSeed, proposed, disabled }: Naming): string | undefined {
    if (disabled) return undefined;
    return proposed ?? `${name}-${createHash("sha256").update(randomSeed).digest("hex").slice(0, 7)}`;
}

function notSupported(path: string, properties: Properties): string {
    return `${path}: is not supported here, remove it; supported are ${Object.keys(properties).sort().join(", ")}`;
}

function checkValue(
    property: Property,
    value: Value,
    old: Value | undefined,
    path: string,
    walk: Walk,
): Value {
    if (isSecret(value)) {
        const olds = isSecret(old) ? old.value : old;
        return secret(checkValue(property, value.value, olds, path, { ...walk, secret: true }));
    }
    if (value === UNKNOWN) return value;
    if (property.sensitive && !walk.secret) {
        return secret(checkValue(property, value, old, path, { ...walk, secret: true }));
    }
    const isKind = hasKind(property, value);
    const wrong = isKind ? property.validate?.(value) : `is not a ${property.kind}`;
    if (wrong) {
        const shown = walk.secret ? "the secret value" : shortened(JSON.stringify(value));
        walk.failures.push({ property: path, reason: `${path}: ${shown} ${wrong}` });
    }
    if (!isKind) return value;

    const { element, fields } = property;
    if (Array.isArray(value) && element) {
        const olds = Array.isArray(old) ? old : [];
        const inside = property.kind === "set" ? { ...walk, set: true } : walk;
        return value.map((item, i) => checkValue(element, item, olds[i], `${path}[${i}]`, inside));
    }
    if (isObject(value) && fields) {
        const { length } = walk.failures;
        const nested = checkFields(fields, value, isObject(old) ? old : {}, `${path}.`, {
            ...walk,
            naming: undefined,
        });
        if (!walk.set && isEmpty(nested) && walk.failures.length === length)
            walk.failures.push({ property: path, reason: `${path}: is empty, leave it out` });
        return nested as Value;
    }
    if (isObject(value) && element) {
        const items = Object.entries(value).filter(([key]) => key !== DEFAULTS);
        return Object.fromEntries(
            items.map(([key, item]) => [
                key,
                checkValue(element, item, undefined, `${path}[${JSON.stringify(key)}]`, walk),
            ]),
        );
    }
    return value;
}

/** Whether nothing in it says anything: of such a block the bridge makes none at all, and some providers panic. */
function isEmpty(values: Values): boolean {
    return Object.entries(values).every(
        ([key, value]) => key === DEFAULTS || (Array.isArray(value) && value.length === 0),
    );
}

/** A value may be a whole file. */
function shortened(text: string): string {
    return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function hasKind({ kind }: Property, value: Value): boolean {
    switch (kind) {
        case "any":
            return true;
        case "list":
        case "set":
            return Array.isArray(value);
        case "map":
        case "object":
            return isObject(value);
        default:
            return typeof value === kind;
    }
}
