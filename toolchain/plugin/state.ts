import { isUnchanged } from "./diff.ts";
import type { Resource } from "./provider.ts";
import { type Properties, type Property, withDefaults } from "./schema.ts";
import {
    DEFAULTS,
    isObject,
    isSecret,
    markSecrets,
    plain,
    secret,
    secretKeys,
    someValue,
    UNKNOWN,
    type Value,
    type Values,
} from "./values.ts";

/** Key under which the Terraform bridge records the schema version. */
const META = "__meta";

/** Key under which the bridge records Terraform's raw form of the state. It is stale once the state changes. */
const RAW_STATE_DELTA = "__pulumi_raw_state_delta";

/** The state as the engine stores it: outputs of secret inputs are secrets. */
export function storedState(resource: Resource, state: Values, inputs: Values): Record<string, Value> {
    const secrets = secretKeys(inputs);
    const meta = resource.schemaVersion && {
        [META]: JSON.stringify({ schema_version: `${resource.schemaVersion}` }),
    };
    const { [RAW_STATE_DELTA]: _, ...own } = state;
    return markSecrets({ ...own, ...meta }, [...secrets, ...(resource.secretOutputs ?? [])]);
}

/** The state as far as it is known during a preview. */
export function previewState(resource: Resource, inputs: Values, old?: Values): Values {
    const computed = Object.keys(resource.properties).filter((key) => resource.properties[key]?.computed);
    const unknown = old ? (resource.updatedOutputs ?? []) : [...computed, ...resource.outputs];
    const known = old && Object.fromEntries([...computed, ...resource.outputs].map((key) => [key, old[key]]));
    const open = unknown.filter((key) => inputs[key] === undefined);
    const declared = old ? plannedState(resource.properties, old, inputs) : inputs;
    return { ...known, ...declared, ...Object.fromEntries(open.map((key) => [key, UNKNOWN])) };
}

/**
 * The inputs that correspond to a state: the old inputs, updated where the state differs. Without old inputs, as in an
 * import, all properties that differ from their defaults.
 */
export function inputsFromState(properties: Properties, state: Values, old: Values): Values {
    if (Object.keys(old).length === 0) return { ...declared(properties, state), [DEFAULTS]: [] };
    const inputs: Values = { ...old };
    for (const [key, input] of Object.entries(old)) {
        const property = properties[key];
        if (!property || input === undefined || isUnchanged(property, state[key], plain(input))) continue;
        const value = state[key];
        inputs[key] = value !== undefined && someValue(input, isSecret) ? secret(value) : value;
        // It is not a default any more. The next check adds the default again.
        if (Array.isArray(old[DEFAULTS])) {
            inputs[DEFAULTS] = (inputs[DEFAULTS] as Value[]).filter((name) => name !== key);
        }
    }
    return inputs;
}

function declared(properties: Properties, state: Values): Values {
    const entries = Object.entries(properties).flatMap(([key, property]) => {
        const value = state[key];
        if (
            value === undefined ||
            (!property.required && isUnchanged(property, value, property.default as Value))
        )
            return [];
        return [[key, property.fields && isObject(value) ? declared(property.fields, value) : value]];
    });
    return Object.fromEntries(entries) as Values;
}

/** The inputs as a resource takes them: without secret marks, with all defaults. */
export function completeInputs(resource: Resource, inputs: Values): Values {
    return withDefaults(resource.properties, plain(inputs as Value) as Values);
}

/** A name set by the program is in use until the old resource is deleted. */
export function mustDeleteBeforeReplace(resource: Resource, inputs: Values): boolean {
    const defaults = inputs[DEFAULTS];
    const named = Object.keys(resource.properties).some(
        (key) => resource.properties[key]?.autoname && Array.isArray(defaults) && !defaults.includes(key),
    );
    return named || resource.deleteBeforeReplace === true;
}

/**
 * The state that an update should produce: the inputs, and the previous value of computed properties that the program
 * does not set.
 */
export function plannedState(properties: Properties, state: Values, inputs: Values): Values {
    return Object.fromEntries(
        Object.entries(properties)
            .map(([key, property]) => [key, plannedValue(property, state[key], inputs[key])] as const)
            .filter(([, value]) => value !== undefined),
    );
}

function plannedValue(
    { computed, fields, element, kind }: Property,
    state: Value | undefined,
    input: Value | undefined,
): Value | undefined {
    if (input === undefined) return computed ? state : undefined;
    if (fields && isObject(input)) return plannedState(fields, isObject(state) ? state : {}, input) as Value;
    // Elements of a set have no index by which to find their previous value.
    if (kind !== "list" || !element || !Array.isArray(input)) return input;
    const olds = Array.isArray(state) ? state : [];
    return input.map((item, i) => plannedValue(element, olds[i], item) as Value);
}
