import { isAnyContainer, known, type Properties, type Resource, texts } from "./resource.ts";

/** `--password hunter2` and `--password=hunter2`; what a variable or a file gives is no password. */
const OPTION = /^--?(?:requirepass|masterauth|pass|password|token|secret)(?:=["']?[^$`"'\s]|$)/i;
/** `PGPASSWORD=hunter2`, in front of a command. */
const ASSIGNED = /^\w*(?:PASSWORD|PASSWD|_PASS|SECRET|TOKEN)=["']?[^$`"'\s]/;
/** `postgres://me:hunter2@db`. */
const IN_URL = /\w:\/\/[^/\s:@]*:[^/\s@$"'`?#][^/\s@?#]*@/;

/** Whether it runs a team's own code, whose variables come from its links too. */
export function isApplication({ types }: Resource): boolean {
    return /drydock:index:(WebApp|RailsWebApp|Task)\$/.test(types);
}

/** Whether there is a password in what it runs or in its health check, or in a shell's script among their words. */
export function hasPasswordOnCommandLine(resource: Resource): boolean {
    return commandLines(resource)
        .flatMap((words) => [words, ...words.filter((word) => /\s/.test(word)).map(shellWords)])
        .some((words) => words.some((word, i) => tellsPassword(word, words.slice(0, i), words[i + 1])));
}

/** The words of what a container runs and of what checks it. */
function commandLines(resource: Resource): string[][] {
    if (!isAnyContainer(resource)) return [];
    const { properties } = resource;
    const tests = known(() => texts((properties.healthcheck as Properties | undefined)?.tests));
    return [[...texts(properties.entrypoints), ...texts(properties.command)], tests ?? []];
}

/** The words of a shell's script, near enough: without quotes, and with `;` between its commands. */
function shellWords(text: string): string[] {
    const plain = text.replace(/\\\n/g, " ").replace(/["'\\]/g, "");
    return plain.replace(/[;&|\n]+/g, " ; ").split(/[\s()]+/);
}

function tellsPassword(word: string, before: string[], next = ""): boolean {
    if (ASSIGNED.test(word) || IN_URL.test(word)) return true;
    const command = before.slice(before.lastIndexOf(";") + 1);
    const isRedisOption = word === "-a" && command.some((other) => /(redis|valkey)-cli$/.test(other));
    if (!isRedisOption && !OPTION.test(word)) return false;
    return word.includes("=") || /^[^-$`;]/.test(next);
}

/**
 * Name of a variable with a password as its value, but for those that links give (`DB_ENV_POSTGRES_PASSWORD`, and
 * an application's URLs).
 */
export function passwordVariable(resource: Resource): string | undefined {
    const isLinked = (name: string) => isApplication(resource) && name.includes("_ENV_");
    const lines = isAnyContainer(resource) ? texts(known(() => resource.properties.envs)) : [];
    return lines
        .map((line) => /^([^=]*)=(.*)$/s.exec(line) ?? [])
        .find(
            ([, name = "", value = ""]) =>
                (/(PASSWORD|PASSWD|_PASS|SECRET|TOKEN)$/i.test(name) && value !== "" && !isLinked(name)) ||
                (!isApplication(resource) && IN_URL.test(value)),
        )?.[1];
}
