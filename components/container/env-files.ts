import { readFileSync, statSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import {
    isBoolean,
    isString,
    isUnknown,
    isVariableName,
    quote,
    refuse,
    required,
    validate,
} from "../shared/validation.ts";
import { EnvFileError, parseEnvFile } from "./env-file-parser.ts";

/** A file of environment variables, as Docker Compose reads it. */
export interface EnvFileArgs {
    /** Path, relative to the project directory. */
    path: string;
    /** Whether the file may be missing. @default false */
    optional?: boolean;
}

/** Arguments of a component that can have env files. */
interface Args {
    env?: Record<string, pulumi.Input<string>>;
    envFiles?: EnvFileArgs[];
    processes?: Record<string, Omit<Args, "processes">>;
}

/**
 * Moves the variables of env files into `env`, for the component and its processes. All other code reads only `env`.
 *
 * @throws pulumi.InputPropertyError if a file is missing or is not an env file
 */
export function loadEnvFiles<T extends Args>(args: T): T {
    const { processes } = args;
    // Arguments without env files stay the same object, which markNested may have marked.
    if (!processes || !Object.values(processes).some((process) => process.envFiles)) return load(args, "");
    const loaded = Object.entries(processes).map(([name, process]) => [
        name,
        load(process, `processes.${name}.`),
    ]);
    return load({ ...args, processes: Object.fromEntries(loaded) as Args["processes"] }, "");
}

function load<T extends Omit<Args, "processes">>(args: T, at: string): T {
    const { env, envFiles } = args;
    if (envFiles === undefined) return args;
    const variables = Object.entries(readEnvFiles(envFiles, `${at}envFiles`)).map(([name, value]) => [
        name,
        // Not secret, and known before the update: the health check needs it.
        name === "PORT" ? value : secretFromFile(value),
    ]);
    return {
        ...args,
        env: { ...(Object.fromEntries(variables) as Args["env"]), ...env },
        envFiles: undefined,
    };
}

const valuesOfFiles = new WeakMap<object, string>();

function secretFromFile(value: string): pulumi.Output<string> {
    const secret = pulumi.secret(value);
    valuesOfFiles.set(secret, value);
    return secret;
}

/** The value of a variable that comes from an env file; undefined for all others. */
export function valueFromFile(variable: pulumi.Input<string>): string | undefined {
    return typeof variable === "object" ? valuesOfFiles.get(variable) : undefined;
}

/** The variables of the files. Later files override earlier ones. */
function readEnvFiles(envFiles: EnvFileArgs[], at: string): Record<string, string> {
    if (isUnknown(envFiles) || !Array.isArray(envFiles))
        refuse(at, 'must be a list and not an Output: [{ path: ".env" }]');
    let variables: Record<string, string> = {};
    envFiles.forEach(({ path, optional = false }, i) => {
        const property = `${at}[${i}].path`;
        validate({
            [property]: [required(path), isString],
            [`${at}[${i}].optional`]: [optional, isBoolean],
        });
        const file = statSync(path, { throwIfNoEntry: false });
        if (file === undefined && optional) return;
        if (!file?.isFile())
            refuse(
                property,
                `${quote(path)} is not a file on this machine; create it, correct the path, which is relative to the project directory, or set optional`,
            );
        const parsed = parse(path, property, variables);
        for (const name of Object.keys(parsed)) {
            const problem = isVariableName(name);
            if (problem) refuse(property, `${quote(path)}: ${problem}`);
        }
        variables = { ...variables, ...parsed };
    });
    return variables;
}

function parse(path: string, property: string, known: Record<string, string>): Record<string, string> {
    try {
        return parseEnvFile(readFileSync(path, "utf8"), known);
    } catch (error) {
        if (!(error instanceof EnvFileError)) throw error;
        refuse(property, `${quote(path)}, ${error.message}`);
    }
}
