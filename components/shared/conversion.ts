import * as pulumi from "@pulumi/pulumi";
import { isNested } from "./mounts.ts";
import { isUnknown } from "./validation.ts";

/** Arguments that are declared as numbers. */
export const NUMBER_ARGUMENTS = new Set([
    "cpus",
    "interval",
    "parallelism",
    "port",
    "replicas",
    "replicasPerNode",
    "retries",
    "startPeriod",
    "stopTimeout",
    "timeout",
    "waitTimeout",
]);

/** Arguments that are declared as booleans. */
export const BOOLEAN_ARGUMENTS = new Set([
    "encrypted",
    "passwordless",
    "persistent",
    "protectData",
    "quiet",
    "readOnly",
]);

/** Arguments whose keys are the user's own, with strings as values. */
export const STRING_MAP_ARGUMENTS = new Set([
    "args",
    "env",
    "initScripts",
    "parameters",
    "settings",
    "tmpfs",
]);

/** Arguments whose keys are the user's own, with objects as values: one called `env` is no `env`. */
const OBJECT_MAP_ARGUMENTS = new Set(["databases", "links", "processes"]);

/**
 * Returns the arguments with the types that they are declared with. Users of YAML and JavaScript write
 * `version: 17` and `port: "3000"`, and no compiler tells them to write it the other way.
 */
export function convertToDeclaredTypes<T extends object>(args: T): T {
    // The outer component has converted them, and a copy would not be known as its own.
    if (isNested(args)) return args;
    return converted(args, "", declared) as T;
}

type Convert = (value: unknown, key: string) => unknown;

function converted(value: unknown, key: string, convert: Convert): unknown {
    if (isUnknown(value))
        return pulumi
            .output(value as pulumi.Output<object>)
            .apply((known: unknown) => converted(known, key, convert));
    if (Array.isArray(value)) return value.map((item) => converted(item, key, convert));
    if (!isPlainObject(value)) return convert(value, key);
    const inner = STRING_MAP_ARGUMENTS.has(key) ? asString : convert;
    return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [
            name,
            converted(item, OBJECT_MAP_ARGUMENTS.has(key) ? "" : name, inner),
        ]),
    );
}

function isPlainObject(value: unknown): value is object {
    return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function declared(value: unknown, key: string): unknown {
    if (NUMBER_ARGUMENTS.has(key)) return asNumber(value);
    if (BOOLEAN_ARGUMENTS.has(key)) return asBoolean(value);
    // 17.10 has become 17.1 by now, which is another version: the user must quote it.
    if (key === "version" && !Number.isInteger(value)) return value;
    return asString(value);
}

/** Leaves numbers whose digits JavaScript has rounded. */
function asString(value: unknown): unknown {
    const isExact = typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    return isExact || typeof value === "boolean" ? String(value) : value;
}

function asNumber(value: unknown): unknown {
    return typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function asBoolean(value: unknown): unknown {
    if (value === "true") return true;
    return value === "false" ? false : value;
}
