import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import * as pulumi from "@pulumi/pulumi";

/** Returns what is wrong with a value and how to fix it, or undefined if the value is valid. */
export type Rule = (value: unknown) => string | undefined;

/**
 * Checks arguments before any resource is created. Also refuses Outputs: for arguments that may be one, pass
 * `ifKnown(value)`. Skips undefined: for required arguments, pass `required(value)`.
 *
 * @throws pulumi.InputPropertyError for the first property whose value breaks its rule
 */
export function validate(rules: Record<string, [value: unknown, rule: Rule]>): void {
    for (const [propertyPath, [value, rule]] of Object.entries(rules)) {
        if (value === undefined) continue;
        const hasOutput = (Array.isArray(value) ? value : [value]).some(isUnknown);
        const problem = hasOutput ? "must be a plain value, not an Output" : rule(value);
        if (problem) throw propertyError(propertyPath, problem);
    }
}

/**
 * Checks the `settings` of a server.
 *
 * @param reserved settings that the user must not set, in lower case, each with the reason and the argument to use instead
 */
export function validateSettings(
    settings: Record<string, string> | undefined,
    reserved: Record<string, string>,
    isValue: Rule,
): void {
    validateObject("settings", settings, '{ name: "value" }');
    for (const [key, value] of Object.entries(settings ?? {})) {
        const path = `settings.${key}`;
        validate({ [path]: [key, isSettingName] });
        const reason = reserved[key.toLowerCase()];
        if (reason !== undefined) refuse(path, reason);
        validate({ [path]: [required(value), isValue] });
    }
}

/** Refuses a value that is not a plain object. The message does not quote it, as it may hold secrets. */
export function validateObject(propertyPath: string, value: unknown, example: string): void {
    if (value === undefined) return;
    if (isUnknown(value) || typeof value !== "object" || value === null || Array.isArray(value))
        refuse(propertyPath, `must be an object and not an Output, for example ${example}`);
}

/** Whether a value is known only during the update. */
export function isUnknown(value: unknown): boolean {
    return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** Whether a value is an object literal, and neither an Output nor an instance of another class. */
export function isPlainObject(value: unknown): value is object {
    return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The value, or undefined if it is an Output, which the provider checks. */
export function ifKnown(value: unknown): unknown {
    return isUnknown(value) ? undefined : value;
}

/** The value, or null if it is missing: `validate` skips undefined, and null breaks every rule. */
export function required(value: unknown): unknown {
    return value ?? null;
}

/** Refuses an argument that is missing, before a rule shows its value as null. */
export function requireArgument(propertyPath: string, value: unknown, example: string): void {
    if (required(value) === null) refuse(propertyPath, `required, for example ${example}`);
}

/** Refuses an argument for a reason that a rule on its value cannot express, for example that another argument is set. */
export function refuse(propertyPath: string, reason: string): never {
    throw propertyError(propertyPath, reason);
}

/** An error that Pulumi shows with the property. It has no stack trace, which would only list functions of the library. */
export function propertyError(propertyPath: string, reason: string): pulumi.InputPropertyError {
    const error = new pulumi.InputPropertyError({ propertyPath, reason: `${propertyPath}: ${reason}` });
    error.stack = error.message;
    return error;
}

/**
 * Runs a check of a component's arguments and makes Pulumi report its error on the component. Pulumi prints an
 * InputPropertyError that a TypeScript program throws as an unhandled exception, without the component's name.
 */
export function reportErrorsOn<T>(component: pulumi.Resource | undefined, check: () => T): T {
    try {
        return check();
    } catch (error) {
        if (!pulumi.InputPropertyError.isInstance(error)) throw error;
        throw Object.assign(error, new pulumi.ResourceError(error.reason, component, true));
    }
}

export function matches(pattern: RegExp, remedy: string): Rule {
    return (value) =>
        typeof value === "string" && pattern.test(value) ? undefined : `${quote(value)} ${remedy}`;
}

/** A value as messages show it. */
export function quote(value: unknown): string {
    return typeof value === "number" ? String(value) : JSON.stringify(value);
}

export const isString: Rule = (value) =>
    typeof value === "string" ? undefined : `must be a string, but is ${quote(value)}`;

export const isBoolean: Rule = (value) =>
    typeof value === "boolean" ? undefined : `${quote(value)} is not a boolean; use true or false`;

export const isInteger: Rule = (value) =>
    Number.isInteger(value) ? undefined : `${quote(value)} is not an integer`;

export function isIntegerFrom(min: number): Rule {
    return (value) =>
        Number.isInteger(value) && Number(value) >= min
            ? undefined
            : `${quote(value)} is not allowed; use an integer of at least ${min}`;
}

export function isIntegerBetween(min: number, max: number): Rule {
    return (value) =>
        Number.isInteger(value) && Number(value) >= min && Number(value) <= max
            ? undefined
            : `${quote(value)} is not allowed; use an integer from ${min} to ${max}`;
}

export function isOneOf(values: readonly string[]): Rule {
    return (value) =>
        values.includes(String(value)) ? undefined : `${quote(value)} is not one of ${values.join(", ")}`;
}

/** Does not quote the value, which may hold secrets. */
export const isCommand: Rule = (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value[0] !== "" &&
    value.every((word) => typeof word === "string")
        ? undefined
        : "must be a list of strings: the program, then its arguments";

export const isSingleLine = matches(/^[^\r\n\0]*$/, "is not a single line of text; remove line breaks");

export const isMultiline = matches(
    /^[^\0]*$/,
    "is not plain text; write one line, or one line for each value of a setting that repeats",
);

/** Does not quote the value. */
export const isPassword: Rule = (value) =>
    typeof value === "string" && /^[^\r\n\0]+$/.test(value)
        ? undefined
        : "must be a single line that is not empty; leave it out to have one generated";

/** A version whose first number is the major version: `17`, `17.2`, `17-alpine`. */
export const isVersion: Rule = (value) =>
    typeof value === "number"
        ? `${value} is a number, and 17.10 would be the same number as 17.1; put the version in quotes`
        : isVersionString(value);

const isVersionString = matches(
    /^\d+(\.\d+)*((beta|rc)\d+)?(-[\w.]+)*$/,
    "is not a version; write it like 17, 17.2 or 17-alpine, or use image for another tag",
);

export const isMemorySize: Rule = (value) =>
    parseMebibytes(value) === undefined
        ? `${quote(value)} is not an amount of memory; write it like 512m or 2g (at least 6m)`
        : undefined;

/** Below 0.1, the provider reads back a different value. */
export const isCpuCount: Rule = (value) =>
    Number.isFinite(value) && Number(value) >= 0.1
        ? undefined
        : `${quote(value)} is not a number of CPUs; use 0.1 or more, for example 1.5`;

/** Parses Docker's notation for memory (`512m`, `2g`). Undefined if it is invalid, or less than Docker allows. */
export function parseMebibytes(size: unknown): number | undefined {
    if (typeof size !== "string" || !/^\d+[mg]b?$/i.test(size)) return undefined;
    const total = Number.parseInt(size, 10) * (/g/i.test(size) ? 1024 : 1);
    const dockerMinimum = 6;
    return total >= dockerMinimum ? total : undefined;
}

export const isCapability = matches(
    /^(?!CAP_)[A-Z][A-Z_]+$/,
    "is not a Linux capability; write it in upper case and without CAP_, for example NET_BIND_SERVICE",
);

export const isPort: Rule = (value) =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535
        ? undefined
        : `${quote(value)} is not a port; use 1 to 65535, or leave it out`;

export const isScheme = matches(
    /^[a-z][a-z0-9+.-]*$/,
    "is not the scheme of a URL; write it without ://, for example http",
);

export const isIpAddress: Rule = (value) =>
    typeof value === "string" && isIP(value) > 0
        ? undefined
        : `${quote(value)} is not an IP address; use 127.0.0.1 for this machine only, or 0.0.0.0 for all networks`;

/** Safe in the shell command of a health check. */
export const isUrlPath = matches(
    /^\/[\w./~%?&=:@,;+-]*$/,
    "is not a URL path; start it with /, and percent-encode special characters",
);

/** A host name or an IP address, with or without a port. */
export const isHostHeader = matches(
    /^([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d+)?$/,
    "is not a host name; leave out http:// and the path, for example shop.example.com",
);

/** The name of a host on a network (RFC 1123): labels of letters, digits and hyphens, separated by dots. */
export const isHostName = matches(
    /^(?=.{1,253}$)[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?)*$/,
    "is not a host name; use letters, digits and -, for example db or mail.internal",
);

/** Name of a container's label. Drydock finds its containers by labels with the reserved prefix `drydock.`. */
export const isLabelName: Rule = (value) =>
    String(value).startsWith("drydock.")
        ? `${quote(value)} starts with drydock., as Drydock's own labels do; use another name`
        : isLabel(value);

const isLabel = matches(/^[^\s=]+$/, "is not the name of a label; leave out spaces and =");

export const isNetwork: Rule = (value) =>
    ["bridge", "host", "none", "ingress"].includes(String(value))
        ? `${quote(value)} is one of Docker's built-in networks, where containers have no names; use another network`
        : isDockerName(value);

export const isAbsolutePath: Rule = (value) =>
    typeof value === "string" && isAbsolute(value)
        ? undefined
        : `${quote(value)} is not an absolute path; start it with /, for example with path.resolve(...)`;

/** Docker separates the fields of a mount by `:` or `,`. */
export const isMountPath: Rule = (value) =>
    isAbsolutePath(value) ??
    (/[:,"\n\r]/.test(String(value))
        ? `${quote(value)} contains a character that Docker cannot mount; use a path without : , " and line breaks`
        : undefined);

/** Safe in a configuration file and in a shell command. */
export const isPlainPath = matches(
    /^\/[\w./-]*$/,
    "is not a plain absolute path; start it with /, and use letters, digits, _, . and -",
);

export const isAlias = matches(
    /^[a-zA-Z][a-zA-Z0-9_-]*$/,
    "is not an alias; use letters, digits, - and _, and start with a letter, as it names environment variables",
);

/** Docker accepts names that a shell does not, such as `discovery.type`. */
export const isVariableName = matches(
    /^(?!#)[!-<>-~]+$/,
    "is not the name of an environment variable; use letters, digits, _, . and -, without spaces and =",
);

/** Also matches the ID of an image, `sha256:...`, which looks like a name with a tag. */
export const isImage = matches(
    /^([\w.-]+(:\d+)?\/)?[a-z0-9][a-z0-9._/-]*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
    "is not the name of an image; write it as for docker pull, for example redis:8 or registry.example.com/team/app:1.2",
);

export const isDockerName = matches(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
    "is not a name that Docker allows; use letters, digits, _, . and -, and start with a letter or digit",
);

export const isVolumeName = matches(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/,
    "is not the name of a volume; use two or more letters, digits, _, . and -, and start with a letter or digit",
);

export const isNodeName = matches(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
    "is not the host name of a node; write it as docker node ls shows it",
);

export const isNodeLabel = matches(
    /^(node|engine)\.labels\.[\w.-]+$/,
    "is not a node label; write node.labels. and the name of the label, for example node.labels.zone",
);

export const isConstraint = matches(
    /^(node|engine)\.[\w.-]+ *(==|!=) *\S.*$/,
    "is not a placement constraint; write a comparison, for example node.labels.disk == ssd",
);

/** PostgreSQL allows more characters, but these names become part of SQL, URLs and commands. */
export const isDatabaseName = matches(
    /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,62}$/,
    "is not a valid name; use up to 63 letters, digits, _, - and ., and start with a letter, a digit or _",
);

/** The name of a server's setting, which becomes a word in a file or on a command line. */
export const isSettingName = matches(
    /^[a-zA-Z][\w.-]*$/,
    "is not the name of a setting; use letters, digits, _, . and -, and start with a letter",
);
