import { Properties, Property } from "./schema";
import { isObject, Value, Values } from "./values";

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
