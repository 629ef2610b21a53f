import { same } from "./diff";
import { Resource } from "./provider";
import { Properties, Property, withDefaults } from "./schema";
import {
    DEFAULTS,
    isObject,
    isSecret,
    marked,
    plain,
    secret,
    secretKeys,
    some,
    UNKNOWN,
    Value,
    Values,
} from "./values";

/** Where Terraform's bridge keeps the version of a state. */
const META = "__meta";

/** Where it records how Terraform had written the same state, which is not so any more once that changed. */
const RAW_STATE_DELTA = "__pulumi_raw_state_delta";

/** The state as the engine stores it, secret where it holds a secret of the inputs. */
export function stored(resource: Resource, state: Values, inputs: Values): Record<string, Value> {
    const secrets = secretKeys(inputs);
    const meta = resource.schemaVersion && {
        [META]: JSON.stringify({ schema_version: `${resource.schemaVersion}` }),
    };
    const { [RAW_STATE_DELTA]: _, ...own } = state;
    return marked({ ...own, ...meta }, [...secrets, ...(resource.secretOutputs ?? [])]);
}

/** What is known of the state before the inputs are carried out. */
export function previewed(resource: Resource, inputs: Values, old?: Values): Values {
    const computed = Object.keys(resource.properties).filter((key) => resource.properties[key]?.computed);
    const unknown = old ? (resource.updatedOutputs ?? []) : [...computed, ...resource.outputs];
    const known = old && Object.fromEntries([...computed, ...resource.outputs].map((key) => [key, old[key]]));
    const open = unknown.filter((key) => inputs[key] === undefined);
    const declared = old ? planned(resource.properties, old, inputs) : inputs;
    return { ...known, ...declared, ...Object.fromEntries(open.map((key) => [key, UNKNOWN])) };
}

/**
 * The inputs that would declare the state: the old ones, but for what changed since. Without old inputs,
 * as in an import, all that differ from their default.
 */
export function inputsFor(properties: Properties, state: Values, old: Values): Values {
    if (Object.keys(old).length === 0) return { ...declared(properties, state), [DEFAULTS]: [] };
    const inputs: Values = { ...old };
    for (const [key, input] of Object.entries(old)) {
        const property = properties[key];
        if (!property || input === undefined || same(property, state[key], plain(input))) continue;
        const value = state[key];
        inputs[key] = value !== undefined && some(input, isSecret) ? secret(value) : value;
        // No default any more: the next check is to fill it in again.
        if (Array.isArray(old[DEFAULTS])) {
            inputs[DEFAULTS] = (inputs[DEFAULTS] as Value[]).filter((name) => name !== key);
        }
    }
    return inputs;
}

function declared(properties: Properties, state: Values): Values {
    const entries = Object.entries(properties).flatMap(([key, property]) => {
        const value = state[key];
        if (value === undefined || (!property.required && same(property, value, property.default as Value)))
            return [];
        return [[key, property.fields && isObject(value) ? declared(property.fields, value) : value]];
    });
    return Object.fromEntries(entries) as Values;
}

/** The inputs as the resource takes them: without marks, defaults filled in. */
export function complete(resource: Resource, inputs: Values): Values {
    return withDefaults(resource.properties, plain(inputs as Value) as Values);
}

/** A name that the program chose is taken as long as the old resource has it. */
export function cannotStandBesideItself(resource: Resource, inputs: Values): boolean {
    const defaults = inputs[DEFAULTS];
    const named = Object.keys(resource.properties).some(
        (key) => resource.properties[key]?.autoname && Array.isArray(defaults) && !defaults.includes(key),
    );
    return named || resource.deleteBeforeReplace === true;
}

/**
 * What an update is to bring about: the inputs, and where they leave to the provider what to choose, what it
 * chose before.
 */
export function planned(properties: Properties, state: Values, inputs: Values): Values {
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
    if (fields && isObject(input)) return planned(fields, isObject(state) ? state : {}, input) as Value;
    // The elements of a set have no place by which to find what was chosen for them.
    if (kind !== "list" || !element || !Array.isArray(input)) return input;
    const olds = Array.isArray(state) ? state : [];
    return input.map((item, i) => plannedValue(element, olds[i], item) as Value);
}
