import { closest, distance } from "fastest-levenshtein";
import { isNested } from "./mounts.ts";
import { argumentsType, reference, resolveType, type Type, valueType } from "./schema.ts";
import { isPlainObject, refuse } from "./validation.ts";

/** Postgres and Redis refuse the arguments of another health check themselves, with the reason. */
const HEALTH_TIME = reference("HealthTime");
const HEALTH = reference("Health");

/**
 * Refuses arguments that no component has: a JavaScript program, and a spread in TypeScript, have no compiler that does.
 *
 * @param component that has the arguments: `WebApp`
 * @throws pulumi.InputPropertyError
 */
export function refuseUnknownArguments(component: string, args: object): void {
    // It also gets arguments of the outer component, which has checked them.
    if (isNested(args)) return;
    const type = argumentsType(component);
    const own = Object.keys(type.properties ?? {});
    refuseUnknown(args, type, { at: "", name: "", own });
}

interface Place {
    /** Path of the value. */
    at: string;
    /** Name of the argument that has it. */
    name: string;
    /** Names of the component's own arguments. */
    own: string[];
}

/** Skips Outputs, whose content is known only later. */
function refuseUnknown(value: unknown, declared: Type, { at, name, own }: Place): void {
    const type = resolveType(declared.$ref === HEALTH_TIME.$ref ? HEALTH : declared);
    if (Array.isArray(value))
        value.forEach((item, i) => {
            if (type.items) refuseUnknown(item, type.items, { at: `${at}[${i}]`, name, own });
        });
    if (!isPlainObject(value)) return;
    for (const [key, item] of Object.entries(value)) {
        if (item === undefined) continue;
        const path = at === "" ? key : `${at}.${key}`;
        const property = type.properties?.[key] ?? valueType(type, name);
        if (property !== undefined)
            refuseUnknown(item, property, { at: path, name: type.properties ? key : "", own });
        else if (type.properties !== undefined)
            refuse(path, `unknown argument; ${remedy(key, Object.keys(type.properties), own)}`);
    }
}

/** Suggests the argument that was meant: up to two other letters (`memroy`), or its beginning (`environment` for `env`). */
function remedy(name: string, known: string[], own: string[]): string {
    const nearest = closest(name, known);
    const isTypo = distance(name.toLowerCase(), nearest.toLowerCase()) <= Math.min(2, name.length / 2);
    const meant = isTypo ? nearest : known.find((other) => other.startsWith(name) || name.startsWith(other));
    if (meant !== undefined) return `did you mean ${meant}?`;
    if (own.includes(name)) return `${name} is an argument of the component itself`;
    return `remove it, or use one of ${known.join(", ")}`;
}
