import { ifKnown, isAnyContainer, type Properties, type Resource, strings } from "../resource.ts";
import type { Rule } from "./rule.ts";

export const noPlaintextPassword: Rule = {
    name: "no-plaintext-password",
    description:
        "No password is on a command line, or in the environment of a container other than an application's.",
    level: "mandatory",
    check: (resource) => {
        if (hasPasswordOnCommandLine(resource))
            return "its command line contains a password, which every user of the host can read; put it in a file";
        // The variables that links set in an application are secret in the state. Those of other containers may not be.
        const name = readsPasswordsFromVariables(resource) ? undefined : passwordVariable(resource);
        return name === undefined
            ? undefined
            : `${name} is in its environment, which docker inspect shows; put it in a file, and set ${name}_FILE`;
    },
};

export const noPasswordVariable: Rule = {
    name: "no-password-variable",
    description: "Applications read their passwords from files.",
    level: "advisory",
    check: (resource) => {
        const name = readsPasswordsFromVariables(resource) ? passwordVariable(resource) : undefined;
        return name === undefined
            ? undefined
            : `${name} is in its environment, which docker inspect shows; use a file, or at least a secret of Pulumi (pulumi.secret, pulumi config set --secret)`;
    },
};

/** An option with a literal password: `--password hunter2` or `--password=hunter2`. */
const PASSWORD_OPTION = /^--?(?:requirepass|masterauth|pass|password|token|secret)(?:=["']?[^$`"'\s]|$)/i;
/** A variable in front of a command: `PGPASSWORD=hunter2 psql`. */
const PASSWORD_ASSIGNMENT = /^\w*(?:PASSWORD|PASSWD|_PASS|SECRET|TOKEN)=["']?[^$`"'\s]/;
/** A URL with a password: `postgres://me:hunter2@db`. */
const PASSWORD_IN_URL = /\w:\/\/[^/\s:@]*:[^/\s@$"'`?#][^/\s@?#]*@/;
const PASSWORD_NAME = /(PASSWORD|PASSWD|_PASS|SECRET|TOKEN)$/i;

/** Whether the container belongs to a component that passes passwords in variables, because its image reads them there. */
function readsPasswordsFromVariables({ types }: Resource): boolean {
    return ["WebApp", "RailsWebApp", "Service", "Task"].some((name) =>
        types.includes(`drydock:index:${name}`),
    );
}

/** Whether the command or the health check contains a password. An argument may be a shell command itself (`sh -c`). */
function hasPasswordOnCommandLine(resource: Resource): boolean {
    return commandLines(resource)
        .flatMap((words) => [words, ...words.filter((word) => /\s/.test(word)).map(splitShellCommand)])
        .some((words) => words.some((word, i) => isPassword(word, words.slice(0, i), words[i + 1])));
}

function commandLines(resource: Resource): string[][] {
    if (!isAnyContainer(resource)) return [];
    const { properties } = resource;
    const tests = ifKnown(() => strings((properties.healthcheck as Properties | undefined)?.tests));
    return [[...strings(properties.entrypoints), ...strings(properties.command)], tests ?? []];
}

/**
 * Splits a shell command of the user (`sh -c`) into words without quotes, with `;` between commands. An approximation:
 * it does not parse the shell's syntax.
 */
function splitShellCommand(command: string): string[] {
    const unquoted = command.replace(/\\\n/g, " ").replace(/["'\\]/g, "");
    return unquoted.replace(/[;&|\n]+/g, " ; ").split(/[\s()]+/);
}

/** Whether a word contains a password, or is an option whose value, the next word, is a password. */
function isPassword(word: string, before: string[], next = ""): boolean {
    if (PASSWORD_ASSIGNMENT.test(word) || PASSWORD_IN_URL.test(word)) return true;
    const command = before.slice(before.lastIndexOf(";") + 1);
    const isRedisOption = word === "-a" && command.some((other) => /(redis|valkey)-cli$/.test(other));
    if (!isRedisOption && !PASSWORD_OPTION.test(word)) return false;
    return word.includes("=") || /^[^-$`;]/.test(next);
}

/** Name of a variable whose value is a password. Those of an application's links (`DB_ENV_...`, URLs) do not count. */
function passwordVariable(resource: Resource): string | undefined {
    if (!isAnyContainer(resource)) return undefined;
    return strings(ifKnown(() => resource.properties.envs))
        .filter((line) => line.includes("="))
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const)
        .find(([name, value]) =>
            readsPasswordsFromVariables(resource)
                ? PASSWORD_NAME.test(name) && value !== "" && !name.includes("_ENV_")
                : (PASSWORD_NAME.test(name) && value !== "") || PASSWORD_IN_URL.test(value),
        )?.[0];
}
