import * as pulumi from "@pulumi/pulumi";
import { isNested } from "./nested-arguments.ts";
import { argumentsType, resolveType, type Type, valueType } from "./schema.ts";
import { isPlainObject, isUnknown } from "./validation.ts";

/**
 * Converts numbers, booleans and strings to the declared types of the arguments. Users of YAML and JavaScript write
 * `version: 17` and `port: "3000"`, and have no compiler that refuses it.
 *
 * @param component that has the arguments: `WebApp`
 */
export function convertToDeclaredTypes<T extends object>(component: string, args: T): T {
    // The outer component has already converted them, and a copy would no longer be marked.
    if (isNested(args)) return args;
    return convert(args, "", argumentsType(component)) as T;
}

/** @param name of the argument that has the value */
function convert(value: unknown, name: string, declared: Type | undefined): unknown {
    if (declared === undefined) return value;
    if (isUnknown(value))
        return pulumi
            .output(value as pulumi.Output<object>)
            .apply((known: unknown) => convert(known, name, declared));
    const type = resolveType(declared);
    if (Array.isArray(value)) return value.map((item) => convert(item, name, type.items));
    if (!isPlainObject(value)) return convertScalar(value, name, type.type);
    return Object.fromEntries(
        Object.entries(value).map(([key, item]) => {
            const property = type.properties?.[key];
            return [key, convert(item, property ? key : "", property ?? valueType(type, name))];
        }),
    );
}

function convertScalar(value: unknown, name: string, type: string | undefined): unknown {
    if (type === "number" || type === "integer") return convertToNumber(value);
    if (type === "boolean") return convertToBoolean(value);
    // A version 17.10 arrives here as 17.1, which is another version: validation tells the user to quote it.
    if (type !== "string" || (name === "version" && !Number.isInteger(value))) return value;
    return convertToString(value);
}

/** Does not convert a number that JavaScript has rounded. */
function convertToString(value: unknown): unknown {
    const isExact = typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    return isExact || typeof value === "boolean" ? String(value) : value;
}

function convertToNumber(value: unknown): unknown {
    return typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function convertToBoolean(value: unknown): unknown {
    if (value === "true") return true;
    return value === "false" ? false : value;
}
