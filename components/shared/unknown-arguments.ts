import { closest, distance } from "fastest-levenshtein";
import { isNested } from "./nested-arguments.ts";
import { argumentsType, reference, resolveType, type Type, valueType } from "./schema.ts";
import { isPlainObject, refuse } from "./validation.ts";

/** Postgres and Redis accept only timings, but their validation refuses other health arguments with a better message. */
const HEALTH_TIME = reference("HealthTime");
const HEALTH = reference("Health");

/**
 * Refuses arguments that the component does not have: no compiler does so in JavaScript, or for a spread in TypeScript.
 *
 * @param component that has the arguments: `WebApp`
 * @throws pulumi.InputPropertyError
 */
export function refuseUnknownArguments(component: string, args: object): void {
    // A nested component also gets arguments of the outer component, which has already checked them.
    if (isNested(args)) return;
    const type = argumentsType(component);
    const componentArguments = Object.keys(type.properties ?? {});
    refuseUnknown(args, type, { at: "", name: "", componentArguments });
}

interface Position {
    /** Path of the value. */
    at: string;
    /** Name of the argument that contains the value. */
    name: string;
    /** Names of the component's arguments. */
    componentArguments: string[];
}

/** Skips Outputs, whose content is known only later. */
function refuseUnknown(value: unknown, declared: Type, { at, name, componentArguments }: Position): void {
    const type = resolveType(declared.$ref === HEALTH_TIME.$ref ? HEALTH : declared);
    if (Array.isArray(value))
        value.forEach((item, i) => {
            if (type.items) refuseUnknown(item, type.items, { at: `${at}[${i}]`, name, componentArguments });
        });
    if (!isPlainObject(value)) return;
    for (const [key, item] of Object.entries(value)) {
        if (item === undefined) continue;
        const path = at === "" ? key : `${at}.${key}`;
        const property = type.properties?.[key] ?? valueType(type, name);
        if (property !== undefined)
            refuseUnknown(item, property, { at: path, name: type.properties ? key : "", componentArguments });
        else if (type.properties !== undefined)
            refuse(
                path,
                `unknown argument; ${suggestRemedy(key, Object.keys(type.properties), componentArguments)}`,
            );
    }
}

/** Suggests the argument that was meant: at most two letters differ, or one of the names starts with the other. */
function suggestRemedy(name: string, known: string[], componentArguments: string[]): string {
    const nearest = closest(name, known);
    const isTypo = distance(name.toLowerCase(), nearest.toLowerCase()) <= Math.min(2, name.length / 2);
    const meant = isTypo ? nearest : known.find((other) => other.startsWith(name) || name.startsWith(other));
    if (meant !== undefined) return `did you mean ${meant}?`;
    if (componentArguments.includes(name)) return `${name} is an argument of the component itself`;
    return `remove it, or use one of ${known.join(", ")}`;
}
