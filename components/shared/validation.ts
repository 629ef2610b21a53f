import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import * as pulumi from "@pulumi/pulumi";

/** What is wrong with a value: the value quoted, and what to do; undefined where nothing is. */
export type Rule = (value: unknown) => string | undefined;

/**
 * Refuses bad arguments before anything is touched; an output too, where an argument shapes the program itself.
 *
 * @throws pulumi.InputPropertyError for the first property whose value breaks its rule
 */
export function validate(rules: Record<string, [value: unknown, rule: Rule]>): void {
    for (const [propertyPath, [value, rule]] of Object.entries(rules)) {
        if (value === undefined) continue;
        const later = (Array.isArray(value) ? value : [value]).some(isUnknown);
        const wrong = later ? "must be a plain value and not an Output" : rule(value);
        if (wrong) throw propertyError(propertyPath, wrong);
    }
}

/** Refuses settings that cannot be, and those that an argument or the connection has: `taken` says which. */
export function validateSettings(
    settings: Record<string, string> | undefined,
    taken: Record<string, string>,
    isValue: Rule,
): void {
    validateObject("settings", settings, '{ name: "value" }');
    for (const [key, value] of Object.entries(settings ?? {})) {
        const path = `settings.${key}`;
        validate({ [path]: [key, isSettingName] });
        const reason = taken[key.toLowerCase()];
        if (reason !== undefined) refuse(path, reason);
        validate({ [path]: [required(value), isValue] });
    }
}

/** Refuses what is no object, or one whose keys are not known. Does not quote it: it may hold secrets. */
export function validateObject(propertyPath: string, value: unknown, example: string): void {
    if (value === undefined) return;
    if (isUnknown(value) || typeof value !== "object" || value === null || Array.isArray(value))
        refuse(propertyPath, `must be an object whose keys are known, such as ${example}`);
}

export function isUnknown(value: unknown): boolean {
    return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** For what may be an output: that is left to the engine. */
export function ifKnown(value: unknown): unknown {
    return isUnknown(value) ? undefined : value;
}

/** For what must be there: nothing at all breaks its rule too. */
export function required(value: unknown): unknown {
    return value ?? null;
}

/** Refuses an argument whatever its value, because of another. */
export function refuse(propertyPath: string, reason: string): never {
    throw propertyError(propertyPath, reason);
}

/** An error that Pulumi shows against the property. The frames of its stack are the library's, which help nobody. */
export function propertyError(propertyPath: string, reason: string): pulumi.InputPropertyError {
    const error = new pulumi.InputPropertyError({ propertyPath, reason: `${propertyPath}: ${reason}` });
    error.stack = error.message;
    return error;
}

/**
 * Runs what may refuse a component's arguments. Pulumi then shows the error beside the component; it would print
 * an InputPropertyError of a TypeScript program as an unhandled exception, which names no component.
 */
export function reportErrorsOn<T>(component: pulumi.Resource | undefined, check: () => T): T {
    try {
        return check();
    } catch (error) {
        if (!pulumi.InputPropertyError.isInstance(error)) throw error;
        throw Object.assign(error, new pulumi.ResourceError(error.reason, component, true));
    }
}

function matches(pattern: RegExp, remedy: string): Rule {
    return (value) =>
        typeof value === "string" && pattern.test(value) ? undefined : `${quote(value)} ${remedy}`;
}

export function quote(value: unknown): string {
    return typeof value === "number" ? String(value) : JSON.stringify(value);
}

export const isPort: Rule = (value) =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535
        ? undefined
        : `${quote(value)} is not a port; use 1 to 65535, or leave it out`;

export const isIpAddress: Rule = (value) =>
    typeof value === "string" && isIP(value) > 0
        ? undefined
        : `${quote(value)} is not an IP address; use 127.0.0.1 for this machine alone, or 0.0.0.0 for every network`;

export const isAbsolutePath: Rule = (value) =>
    typeof value === "string" && isAbsolute(value)
        ? undefined
        : `${quote(value)} is not an absolute path; begin with /, for instance by path.resolve(...)`;

/** Docker takes mounts as one string: `source:target:options`, or fields with commas between them. */
export const isMountPath: Rule = (value) =>
    isAbsolutePath(value) ??
    (/[:,"\n\r]/.test(String(value))
        ? `${quote(value)} has a character that Docker takes for the end of the path; use none of : , " and line breaks`
        : undefined);

export const isCommand: Rule = (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value[0] !== "" &&
    value.every((word) => typeof word === "string")
        ? undefined
        : "there is nothing to run; set it to the program and its arguments, as a list of strings";

export const isString: Rule = (value) =>
    typeof value === "string" ? undefined : `${quote(value)} is not a string; set one, or leave it out`;

export const isBoolean: Rule = (value) =>
    typeof value === "boolean" ? undefined : `${quote(value)} is not a boolean; use true or false`;

/** It goes into a configuration file and a shell command. */
export const isPlainPath = matches(
    /^\/[\w./-]*$/,
    "is not a plain absolute path; begin with /, and use letters, digits, _, . and -",
);

/** It goes into the shell command of a health check. */
export const isUrlPath = matches(
    /^\/[\w./~%?&=:@,;+-]*$/,
    "is not a path of a URL; begin with /, and percent-encode what is not plain",
);

/** A host name or an IP address, with a port or without. */
export const isHostHeader = matches(
    /^([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d+)?$/,
    "is not a host name; write it without http:// and a path, such as shop.example.com",
);

export const isCapability = matches(
    /^(?!CAP_)[A-Z][A-Z_]+$/,
    "is not a capability; write it in capitals and without CAP_, such as NET_BIND_SERVICE",
);

export const isAlias = matches(
    /^[a-zA-Z][a-zA-Z0-9_-]*$/,
    "is not an alias; use a letter and then letters, digits, - and _, as it names environment variables",
);

export const isVariableName = matches(
    /^[a-zA-Z_][a-zA-Z0-9_]*$/,
    "is not a name of an environment variable; use letters, digits and _, not beginning with a digit",
);

export const isImage = matches(
    /^([\w.-]+(:\d+)?\/)?[a-z0-9][a-z0-9._/-]*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$|^sha256:[0-9a-f]{64}$/,
    "is not an image; write it as in docker pull, such as redis:8 or registry.example.com/team/app:1.2",
);

export const isDockerName = matches(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
    "is not a name that Docker takes; use letters, digits, _, . and -, beginning with a letter or digit",
);

/** On Docker's own networks containers have no names, by which links reach them. */
export const isNetwork: Rule = (value) =>
    ["bridge", "host", "none", "ingress"].includes(String(value))
        ? `${quote(value)} is Docker's own network, where containers have no names; name one that was made for them`
        : isDockerName(value);

export const isVolumeName = matches(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/,
    "is not a name of a volume; use two or more letters, digits, _, . and -, beginning with a letter or digit",
);

export const isNodeName = matches(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
    "is not a host name of a node; write it as docker node ls shows it",
);

export const isNodeLabel = matches(
    /^(node|engine)\.labels\.[\w.-]+$/,
    "is not a label of nodes; write node.labels. and its name, such as node.labels.zone",
);

export const isConstraint = matches(
    /^(node|engine)\.[\w.-]+ *(==|!=) *\S.*$/,
    "is not a constraint; write what is compared with what, such as node.labels.disk == ssd",
);

/** PostgreSQL takes more of them, but they go into SQL, URLs and commands. */
export const isDatabaseName = matches(
    /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,62}$/,
    "is not a name for it; use letters, digits, _, - and ., 63 at most, beginning with a letter, a digit or _",
);

const SINGLE_LINE = /^[^\r\n\0]+$/;

export const isSingleLine = matches(/^[^\r\n\0]*$/, "is not one line of text; write one");

export const isMultiline = matches(
    /^[^\0]*$/,
    "is not text; write one line, or several for a setting that repeats",
);

/** Its message does not quote it. */
export const isPassword: Rule = (value) =>
    typeof value === "string" && SINGLE_LINE.test(value)
        ? undefined
        : "must be one line and not empty; leave it out to have one made";

/** The name of a server's setting, which becomes a word in a file or on a command line. */
export const isSettingName = matches(
    /^[a-zA-Z][\w.-]*$/,
    "is not a setting; use letters, digits, _, . and -",
);

/** A version whose first number says how its data is kept: `17`, `17.2`, `17-alpine`. */
export const isVersion: Rule = (value) =>
    typeof value === "number"
        ? `${value} is a number, in which 17.10 and 17.1 are the same; put the version in quotes`
        : isVersionText(value);

const isVersionText = matches(
    /^\d+(\.\d+)*((beta|rc)\d+)?(-[\w.]+)*$/,
    "is not a version; write 17, 17.2 or 17-alpine",
);

export function isOneOf(values: readonly string[]): Rule {
    return (value) =>
        values.includes(String(value)) ? undefined : `${quote(value)} is not one of ${values.join(", ")}`;
}

export const isMemorySize: Rule = (value) =>
    parseMebibytes(value) === undefined
        ? `${quote(value)} is not an amount of memory; write 512m or 2g (at least 6m)`
        : undefined;

/** What the provider reads back as it was written. */
export const isCpuCount: Rule = (value) =>
    typeof value === "number" && value >= 0.1 && Number.isFinite(value)
        ? undefined
        : `${quote(value)} is not a number of processors; use 0.1 or more, such as 1.5`;

export function isIntegerFrom(least: number): Rule {
    return (value) =>
        Number.isInteger(value) && Number(value) >= least
            ? undefined
            : `${quote(value)} is not allowed; use a whole number, ${least} or more`;
}

/** An amount of memory as Docker writes it (`512m`, `2g`), in MiB; undefined for anything else. */
export function parseMebibytes(text: unknown): number | undefined {
    const [, amount, unit = ""] = /^(\d+)([mg])b?$/i.exec(typeof text === "string" ? text : "") ?? [];
    if (amount === undefined) return undefined;
    const total = Number(amount) * (unit.toLowerCase() === "g" ? 1024 : 1);
    return total >= 6 ? total : undefined; // Docker's own minimum.
}
