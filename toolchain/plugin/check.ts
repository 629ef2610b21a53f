import { createHash } from "node:crypto";
import type { Properties, Property } from "./schema.ts";
import { DEFAULTS, isObject, isSecret, secret, UNKNOWN, type Value, type Values } from "./values.ts";

export interface Failure {
    /** Path of the property, such as `ports[0].internal`. */
    property: string;
    reason: string;
}

/** How to name a resource whose program does not name it. */
export interface Naming {
    /** The resource's name in the program. */
    name: string;
    randomSeed: Uint8Array;
    /** A name that the project's `pulumi:autonaming` setting asks for. */
    proposed?: string;
    /** The project's `pulumi:autonaming` setting forbids generated names. */
    disabled?: boolean;
}

interface CheckScope {
    naming?: Naming;
    /** Inside a secret: error messages must not contain the value. */
    secret?: boolean;
    /** Inside an element of a set, where empty blocks are allowed. */
    set?: boolean;
    failures: Failure[];
}

/**
 * Validates a program's inputs and adds the defaults. The names of the added properties are recorded in `__defaults`, as
 * Pulumi's Terraform bridge does, so that the official provider can take over the state without a diff, and vice versa.
 */
export function check(
    properties: Properties,
    news: Values,
    olds: Values,
    naming?: Naming,
): { inputs: Values; failures: Failure[] } {
    const scope: CheckScope = { naming, failures: [] };
    const inputs = checkFields(properties, news, olds, "", scope);
    return { inputs, failures: scope.failures };
}

function checkFields(
    properties: Properties,
    news: Values,
    olds: Values,
    path: string,
    scope: CheckScope,
): Values {
    const inputs: Values = {};
    for (const [key, value] of Object.entries(news)) {
        if (key === DEFAULTS || value === null || value === undefined) continue;
        const property = properties[key];
        if (property) {
            inputs[key] = checkValue(property, value, olds[key], path + key, scope);
        } else {
            scope.failures.push({ property: path + key, reason: notSupported(path + key, properties) });
        }
    }

    const oldDefaults = olds[DEFAULTS];
    const defaults: string[] = [];
    for (const [key, property] of Object.entries(properties)) {
        if (inputs[key] !== undefined) continue;
        const kept = Array.isArray(oldDefaults) && oldDefaults.includes(key) ? olds[key] : undefined;
        const fallback = kept ?? defaultFor(property, scope.naming);
        if (fallback) {
            inputs[key] = fallback;
            defaults.push(key);
        } else if (property.required) {
            scope.failures.push({ property: path + key, reason: `${path + key}: is required` });
        }
    }
    inputs[DEFAULTS] = defaults.sort();
    return inputs;
}

/**
 * The caller skips a default of false, 0 or "": the bridge does not add those to the inputs either
 * (https://github.com/pulumi/pulumi-terraform-bridge/issues/2618).
 */
function defaultFor(property: Property, naming?: Naming): Value | undefined {
    if (property.autoname && naming) return uniqueName(naming);
    return (property.default as Value | undefined) ?? undefined;
}

function uniqueName({ name, randomSeed, proposed, disabled }: Naming): string | undefined {
    if (disabled) return undefined;
    return proposed ?? `${name}-${createHash("sha256").update(randomSeed).digest("hex").slice(0, 7)}`;
}

function notSupported(path: string, properties: Properties): string {
    return `${path}: is not supported by this plugin; remove it. Supported properties: ${Object.keys(properties).sort().join(", ")}`;
}

function checkValue(
    property: Property,
    value: Value,
    old: Value | undefined,
    path: string,
    scope: CheckScope,
): Value {
    if (isSecret(value)) {
        const olds = isSecret(old) ? old.value : old;
        return secret(checkValue(property, value.value, olds, path, { ...scope, secret: true }));
    }
    if (value === UNKNOWN) return value;
    if (property.sensitive && !scope.secret) {
        return secret(checkValue(property, value, old, path, { ...scope, secret: true }));
    }
    const hasType = isOfKind(property, value);
    const problem = hasType ? property.validate?.(value) : `is not a ${property.kind}`;
    if (problem) {
        const shown = scope.secret ? "the secret value" : truncate(JSON.stringify(value));
        scope.failures.push({ property: path, reason: `${path}: ${shown} ${problem}` });
    }
    if (!hasType) return value;

    const { element, fields } = property;
    if (Array.isArray(value) && element) {
        const olds = Array.isArray(old) ? old : [];
        const inside = property.kind === "set" ? { ...scope, set: true } : scope;
        return value.map((item, i) => checkValue(element, item, olds[i], `${path}[${i}]`, inside));
    }
    if (isObject(value) && fields) {
        const { length } = scope.failures;
        const nested = checkFields(fields, value, isObject(old) ? old : {}, `${path}.`, {
            ...scope,
            naming: undefined,
        });
        if (!scope.set && isEmpty(nested) && scope.failures.length === length)
            scope.failures.push({ property: path, reason: `${path}: is empty; omit it` });
        return nested as Value;
    }
    if (isObject(value) && element) {
        const items = Object.entries(value).filter(([key]) => key !== DEFAULTS);
        return Object.fromEntries(
            items.map(([key, item]) => [
                key,
                checkValue(element, item, undefined, `${path}[${JSON.stringify(key)}]`, scope),
            ]),
        );
    }
    return value;
}

/** Whether a block is empty. The bridge drops such blocks, and some providers panic on them. */
function isEmpty(values: Values): boolean {
    return Object.entries(values).every(
        ([key, value]) => key === DEFAULTS || (Array.isArray(value) && value.length === 0),
    );
}

/** Shortens a value for an error message: it may be the content of a file. */
function truncate(json: string): string {
    return json.length > 100 ? `${json.slice(0, 100)}…` : json;
}

function isOfKind({ kind }: Property, value: Value): boolean {
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
