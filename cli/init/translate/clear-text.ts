import { type DeclaredService, type DeclaredValue, type OptionValue, Text } from "../declared.ts";
import { type Expression, hasLogin, isHarmless, isSecretName, type ProgramBuilder } from "../model.ts";
import type { Report } from "../report.ts";
import { evaluate, isSecret, isVariable, literalOf, type Template, variablesOf } from "../text/template.ts";
import { splitWords } from "../text/words.ts";

/** Whether a part is a secret of the stack already, by the name of its variable. */
export function isSecretPart(part: Template[number]): boolean {
    return (
        isSecret(part) ||
        (isVariable(part) && isSecretName(part.variable) && part.operator?.endsWith("+") !== true)
    );
}

/** Whether a template has a login that no secret of the stack hides: in its text, a default or a value of this machine. */
export function showsLogin(template: Template, known: Record<string, string>): boolean {
    const clear = template.filter((part) => !isSecretPart(part));
    const set = Object.fromEntries(variablesOf(clear).map(({ variable }) => [variable, "x"]));
    return [known, {}, set].some((variables) => hasLogin(evaluate(clear, variables)));
}

/** Whether the value of a variable is a secret as a whole. */
export function isSecretValue(name: string, template: Template, known: Record<string, string>): boolean {
    if (showsLogin(template, known)) return true;
    if (!isSecretName(name) || template.some(isSecretPart)) return false;
    const isPlainVariable = template.length === 1 && literalOf(template) === undefined;
    return isPlainVariable || !isHarmless(evaluate(template, known));
}

/** A variable of a service that has no wiring. */
export function environmentExpression(
    service: string,
    name: string,
    { template, place }: DeclaredValue,
    builder: ProgramBuilder,
    known: Record<string, string>,
): Expression {
    if (!isSecretValue(name, template, known)) return builder.expression(template);
    const value = evaluate(template, known);
    const other = builder.secrets.find((secret) => secret.name === name);
    const isOther = other !== undefined && other.value !== value;
    const own = isOther ? `${service}_${name}` : name;
    return builder.secretCode(own, {
        name: own,
        ...(value !== "" && { value }),
        source: place.file,
        place,
    });
}

/** Whether an option of a command line or of a driver takes a secret. */
export function isSecretOption(option: string): boolean {
    const name = option.replace(/^-+/, "").replace(/[-.]/g, "_");
    return isSecretName(name) || /(pass|passwd|password|requirepass|masterauth)$/i.test(name);
}

/** A value that is no secret beside such a name: a switch, a path, or what the container's shell looks up. */
function isReference(value: string): boolean {
    return isHarmless(value) || /^[$/]/.test(value);
}

/** Whether words of a command line have a secret in clear text, or a variable with one. */
export function showsSecret(words: Template[], known: Record<string, string>): boolean {
    if (words.some((word) => word.some(isSecretPart) || variablesOf(word).some(isSecretPart))) return true;
    if (words.some((word) => showsLogin(word, known))) return true;
    const plain = words.flatMap((word) => {
        const text = evaluate(word, known);
        return /\s/.test(text) ? splitWords(text) : [text];
    });
    return plain.some((word, i) => {
        const next = plain[i + 1] ?? "-";
        const [, name = "", value] = /^(-{0,2}[A-Za-z][\w.-]*)(?:=([^]*))?$/.exec(word) ?? [];
        if (value !== undefined && isSecretOption(name) && !isReference(value)) return true;
        if (/(^|\s)password\s*=\s*[^\s$]/i.test(word)) return true;
        const takesNext = word.startsWith("-") && value === undefined && !next.startsWith("-");
        if (takesNext && isSecretOption(name) && !isReference(next)) return true;
        const before = plain.slice(0, i).join(" ");
        if (/\b(mysql|mariadb)[\w-]*\b/.test(before) && /^-p[^$]/.test(word)) return true;
        if (/\b(redis|valkey)-cli\b/.test(before) && word === "-a" && !isReference(next)) return true;
        return /\bcurl\b/.test(before) && /^(-u|--user)$/.test(word) && /:[^$]/.test(next);
    });
}

function wordsOf(value: OptionValue | undefined): Template[] {
    if (value instanceof Text) return [value.template];
    if (Array.isArray(value)) return value.flatMap(wordsOf);
    return typeof value === "string" ? [[value]] : [];
}

/**
 * Leaves secrets out of arguments that are plain text in the program: commands, health checks and options of a log driver.
 *
 * @param isData the component has its own command
 */
export function leaveOutSecrets(
    service: DeclaredService,
    isData: boolean,
    known: Record<string, string>,
    builder: ProgramBuilder,
    report: Report,
): void {
    const { name, keys, options } = service;
    const leaveOut = (key: string, note: string) => {
        const place = keys.get(key) ?? service.place;
        report.replace({ service: name, key, outcome: "left out", note, place });
    };
    for (const argument of ["command", "entrypoint"] as const) {
        const words = service[argument];
        if (isData || words === undefined || !showsSecret(words, known)) continue;
        service[argument] = undefined;
        leaveOut(
            argument === "command" && keys.has("cmd") ? "cmd" : argument,
            `has a secret, and \`${argument}\` is plain text: set the secret in \`secrets\`, and read it in a shell: ["sh", "-c", "... $NAME"]`,
        );
        builder.decide({
            id: `${argument} of ${name}`,
            message: `The ${argument} of ${name} has a secret, so it is not in the program. Does the program have another one?`,
            remedy: `set \`${argument}\` of ${name} in infra/index.ts to a shell that reads the secret from a variable`,
        });
    }
    const { health, logging } = options as Record<string, Record<string, OptionValue> | undefined>;
    if (!isData && health?.command !== undefined && showsSecret(wordsOf(health.command), known)) {
        options.health = undefined;
        leaveOut(
            keys.has("healthcheck") ? "healthcheck" : "health",
            "has a secret, and `health` is plain text: set `health.command` to a shell that reads the secret from a variable",
        );
    }
    const given = logging?.options as Record<string, OptionValue> | undefined;
    if (given === undefined) return;
    const isSecretEntry = ([option, value]: [string, OptionValue]) =>
        wordsOf(value).some(
            (word) =>
                (isSecretOption(option) && !isReference(evaluate(word, known))) || showsSecret([word], known),
        );
    const entries = Object.entries(given);
    const secret = entries.filter(isSecretEntry).map(([option]) => option);
    if (secret.length === 0) return;
    const kept = Object.fromEntries(entries.filter(([option]) => !secret.includes(option)));
    const { options: _, ...others } = logging ?? {};
    options.logging = { ...others, ...(Object.keys(kept).length > 0 && { options: kept }) };
    leaveOut(
        "logging",
        `not taken over: ${secret.join(", ")}. It is a secret, and \`logging\` is plain text: set it in the Docker daemon's log-opts`,
    );
}

/** Words of a command line for the report, without those that may be secret. */
export function describeWords(words: string[], known: Record<string, string>): string {
    return showsSecret(
        words.map((word) => [word]),
        known,
    )
        ? "words with a secret"
        : words.join(" ");
}
