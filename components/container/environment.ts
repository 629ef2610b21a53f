import type * as pulumi from "@pulumi/pulumi";
import {
    ifKnown,
    isString,
    isVariableName,
    refuse,
    required,
    validate,
    validateObject,
} from "../shared/validation.ts";
import type { EnvFileArgs } from "./env-files.ts";

/** Environment variables of a container. */
export interface EnvironmentArgs {
    /** Environment variables. They override those of links and of `envFiles`. */
    env?: Record<string, pulumi.Input<string>>;
    /** Files of environment variables, as in Docker Compose: `[{path: ".env"}, {path: ".env.local", optional: true}]`. Later
     *  files override earlier ones, and all of them override links. All values except `PORT` are secret. */
    envFiles?: EnvFileArgs[];
}

export function validateEnvironment({ env = {} }: EnvironmentArgs, at = ""): void {
    validateObject(`${at}env`, env, '{ LOG_LEVEL: "info" }');
    for (const [name, value] of Object.entries(env)) {
        validate({ [`${at}env.${name}`]: [name, isVariableName] });
        validate({ [`${at}env.${name}`]: [ifKnown(required(value)), isString] });
        if (typeof value === "string") validateVariableLength(name, value, at);
    }
}

/** Linux allows 131,072 bytes (MAX_ARG_STRLEN). A Task may use a longer name for the variable. */
export const MAX_VARIABLE_BYTES = 131_000;

/** @param at path of the object with `env`, including a trailing dot */
export function validateVariableLength(name: string, value: string, at = ""): void {
    const bytes = Buffer.byteLength(`${name}=${value}`);
    if (bytes > MAX_VARIABLE_BYTES)
        refuse(
            `${at}env.${name}`,
            `has ${bytes} bytes, and Linux allows ${MAX_VARIABLE_BYTES}; write the value to a file and mount it`,
        );
}

/** Whether a shell can set a variable of this name. */
export function isShellName(name: string): boolean {
    return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}

/** Read-only variables of bash. Where `sh` is bash, a script that sets one fails. */
const READ_ONLY_SHELL_VARIABLES = ["BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"];

/** A variable, and the path of the argument that it comes from. */
export interface ChosenVariable {
    variable: string;
    argument: string;
}

/** Refuses variables that a shell script cannot pass on to another program. */
export function validateShellEnvironment(variables: ChosenVariable[]): void {
    for (const chosen of variables) {
        if (READ_ONLY_SHELL_VARIABLES.includes(chosen.variable))
            refuseVariable(chosen, "is a read-only variable of the shell; use another name");
    }
}

export function refuseVariable({ variable, argument }: ChosenVariable, reason: string): never {
    refuse(argument, argument.endsWith(`env.${variable}`) ? reason : `${variable} ${reason}`);
}
