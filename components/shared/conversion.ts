import * as pulumi from "@pulumi/pulumi";
import { isNested } from "./mounts.ts";
import { isUnknown } from "./validation.ts";

/** Names of arguments that are declared as numbers. */
export const NUMBER_ARGUMENTS = new Set([
    "cpus",
    "endPort",
    "group",
    "hard",
    "interval",
    "owner",
    "parallelism",
    "port",
    "replicas",
    "replicasPerNode",
    "retries",
    "soft",
    "startPeriod",
    "stopTimeout",
    "timeout",
    "waitTimeout",
]);

/** Names of arguments that are declared as booleans. */
export const BOOLEAN_ARGUMENTS = new Set([
    "createDatabases",
    "disabled",
    "encrypted",
    "init",
    "optional",
    "overlap",
    "passwordless",
    "persistent",
    "protectData",
    "quiet",
    "readOnly",
    "stdinOpen",
    "tcp",
    "tty",
]);

/** Names of arguments that map names of the user's choice to strings. */
export const STRING_MAP_ARGUMENTS = new Set([
    "args",
    "env",
    "extraHosts",
    "initScripts",
    "labels",
    "options",
    "parameters",
    "settings",
    "tmpfs",
]);

/** Names of arguments that map names of the user's choice to objects: a process may be called `env`. */
const OBJECT_MAP_ARGUMENTS = new Set([
    "databases",
    "files",
    "links",
    "ports",
    "processes",
    "ulimits",
    "variables",
    "volumes",
]);

/**
 * Converts numbers, booleans and strings to the types that the arguments are declared with. Users of YAML and JavaScript
 * write `version: 17` and `port: "3000"`, and have no compiler that refuses it.
 */
export function convertToDeclaredTypes<T extends object>(args: T): T {
    // The outer component has converted them, and `isNested` would not recognize a copy.
    if (isNested(args)) return args;
    return convert(args, "", toDeclaredType) as T;
}

type ScalarConversion = (value: unknown, key: string) => unknown;

function convert(value: unknown, key: string, convertScalar: ScalarConversion): unknown {
    if (isUnknown(value))
        return pulumi
            .output(value as pulumi.Output<object>)
            .apply((known: unknown) => convert(known, key, convertScalar));
    if (Array.isArray(value)) return value.map((item) => convert(item, key, convertScalar));
    if (!isPlainObject(value)) return convertScalar(value, key);
    const convertInner = STRING_MAP_ARGUMENTS.has(key) ? convertToString : convertScalar;
    return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [
            name,
            convert(item, OBJECT_MAP_ARGUMENTS.has(key) ? "" : name, convertInner),
        ]),
    );
}

function isPlainObject(value: unknown): value is object {
    return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function toDeclaredType(value: unknown, key: string): unknown {
    if (NUMBER_ARGUMENTS.has(key)) return convertToNumber(value);
    if (BOOLEAN_ARGUMENTS.has(key)) return convertToBoolean(value);
    // A version 17.10 arrives here as 17.1, which is another version: validation tells the user to quote it.
    if (key === "version" && !Number.isInteger(value)) return value;
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
