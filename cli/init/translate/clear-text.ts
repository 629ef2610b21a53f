import { type DeclaredService, type DeclaredValue, type OptionValue, Text } from "../declared.ts";
import type { Expression } from "../model.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import { hasLogin, isHarmless, isSecretName } from "../secret-names.ts";
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

/** Whether a value is not secret despite the name: a switch, a path, or a variable for the container's shell. */
function isReference(value: string): boolean {
    return isHarmless(value) || /^[$/]/.test(value);
}

/** Tokens by the form that their issuers give them, hashes of passwords, and long strings of letters and digits. */
const TOKEN =
    /^(gh[pousr]_|github_pat_|glpat-|sk_(live|test)_|rk_live_|xox[abp]-|AKIA|eyJ|SG\.|npm_|\S*\$(apr1|2[aby]|5|6|argon2\w*)\$)\S{8,}$|^(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9+]{24,}={0,2}$/;

/** Whether a value looks like a secret, whatever its name. */
function looksSecret(value: string): boolean {
    return TOKEN.test(value) || /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value);
}

/** Commands whose arguments are secrets by their position. The last group is the secret. */
const POSITIONAL = [
    /\b(?:redis|valkey)-cli\b.* auth (?:\S+ )?(\S+)/i,
    /\brabbitmqctl (?:\S+ )*(?:add_user|change_password|authenticate_user) \S+ (\S+)/,
    /\bhtpasswd -\w*b\w* (?:-\S+ )*(?:\S+ )?\S+ (\S+)/,
    /\bmc (?:alias set|config host add) \S+ \S+ \S+ (\S+)/,
    /\bmysqladmin\b.* password (\S+)/,
    /\bsshpass -p ?(\S+)/,
    /\bopenssl\b.*\bpass:(\S+)/,
    /\becho (?:-n )?\S*?:(\S+) ?\| ?chpasswd/,
];

/** Values of variables with the name of a secret: they are secrets wherever they stand. */
export function secretValues(services: DeclaredService[], known: Record<string, string>): string[] {
    const declared = services.flatMap(({ env }) =>
        [...env].map(([name, { template }]) => [name, evaluate(template, known)] as const),
    );
    return [...declared, ...Object.entries(known)]
        .filter(([name, value]) => isSecretName(name) && value.length >= 4 && !isReference(value))
        .map(([, value]) => value);
}

/** Whether a command line has a secret in clear text, or a variable with one. */
export function showsSecret(
    words: Template[],
    known: Record<string, string>,
    values: string[] = [],
): boolean {
    if (words.some((word) => word.some(isSecretPart) || variablesOf(word).some(isSecretPart))) return true;
    if (words.some((word) => showsLogin(word, known))) return true;
    const plain = words.flatMap((word) => {
        const text = evaluate(word, known);
        return /\s/.test(text) ? splitWords(text) : [text];
    });
    const line = plain.join(" ");
    if (POSITIONAL.some((pattern) => !isReference(pattern.exec(line)?.at(-1) ?? ""))) return true;
    return plain.some((word, i) => {
        if (looksSecret(word) || values.some((value) => word.split(/[=:@,]/).includes(value))) return true;
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
 * Leaves secrets out of arguments that are plain text in the program: commands, health checks, labels and options of a log
 * driver.
 *
 * @param isData the component has its own command
 * @param values of secrets, wherever they stand
 */
export function leaveOutSecrets(
    service: DeclaredService,
    isData: boolean,
    known: Record<string, string>,
    values: string[],
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
        if (isData || words === undefined || !showsSecret(words, known, values)) continue;
        service[argument] = undefined;
        leaveOut(
            argument === "command" && keys.has("cmd") ? "cmd" : argument,
            `has a secret, and \`${argument}\` is plain text: set the secret in \`secrets\`, and read it in a shell: ["sh", "-c", "... $NAME"]`,
        );
        builder.decide({
            id: `${argument} of ${name}`,
            message: `The ${argument} of ${name} has a secret, so it is left out. Have you set one without the secret?`,
            remedy: `set \`${argument}\` of ${name} in infra/index.ts to a shell that reads the secret from a variable`,
        });
    }
    const { health, logging } = options as Record<string, Record<string, OptionValue> | undefined>;
    if (!isData && health?.command !== undefined && showsSecret(wordsOf(health.command), known, values)) {
        options.health = undefined;
        leaveOut(
            keys.has("healthcheck") ? "healthcheck" : "health",
            "has a secret, and `health` is plain text: set `health.command` to a shell that reads the secret from a variable",
        );
    }
    const isSecretEntry = ([option, value]: [string, OptionValue | undefined]) =>
        wordsOf(value).some(
            (word) =>
                (isSecretOption(option) && !isReference(evaluate(word, known))) ||
                showsSecret([word], known, values),
        );
    const split = (entries: Record<string, OptionValue | undefined>) => {
        const secret = Object.entries(entries).filter(isSecretEntry);
        const kept = Object.entries(entries).filter((entry) => !isSecretEntry(entry));
        return { secret: secret.map(([option]) => option), kept: Object.fromEntries(kept) };
    };
    const labels = split((options.labels ?? {}) as Record<string, OptionValue>);
    if (labels.secret.length > 0) {
        options.labels = Object.keys(labels.kept).length > 0 ? labels.kept : undefined;
        leaveOut(
            "labels",
            `left out: ${labels.secret.join(", ")}. It is a secret, and \`labels\` are plain text, which everybody with access to Docker can read`,
        );
    }
    const logged = split((logging?.options ?? {}) as Record<string, OptionValue>);
    if (logged.secret.length === 0) return;
    const { options: _, ...others } = logging ?? {};
    options.logging = {
        ...others,
        ...(Object.keys(logged.kept).length > 0 && { options: logged.kept }),
    };
    leaveOut(
        "logging",
        `left out: ${logged.secret.join(", ")}. It is a secret, and \`logging\` is plain text: set it in the Docker daemon's log-opts`,
    );
}

/** Whether the text of a file has a secret: a login, a token, or a value after the name of a secret. */
export function isSecretText(text: Template, known: Record<string, string>): boolean {
    if (text.some(isSecretPart) || showsLogin(text, known)) return true;
    return evaluate(text, known)
        .split("\n")
        .some((line) => {
            const [, name = "", value = ""] =
                /^\s*["']?([\w.-]+)["']?\s*[:=\s]\s*["']?([^"'\s,;]+)/.exec(line) ?? [];
            return (
                looksSecret(line.trim()) ||
                looksSecret(value) ||
                (isSecretOption(name) && !isReference(value))
            );
        });
}

/** Words of a command line for the report, without those that may be secret. */
export function describeWords(words: string[], known: Record<string, string>): string {
    return showsSecret(
        words.map((word) => [word]),
        known,
    )
        ? "words that contain a secret"
        : words.join(" ");
}
