/** An error in an env file. The message quotes no value, as values may be secret. */
export class EnvFileError extends Error {}

/** The value of a variable: in single quotes, in double quotes, or the rest of the line. */
const VALUE = /'((?:\\[^]|[^'\\])*)'|"((?:\\[^]|[^"\\])*)"|([^\n]*)/y;

/** The start of a line, up to the variable's value. YAML's `NAME: value` is allowed too. */
const VARIABLE = /(?:export[ \t]+)?([\p{L}\p{N}_.\-[\]]+)[ \t]*[=:][ \t]*/uy;

const BLANK_OR_COMMENT = /[ \t\r]*(?:#[^\n]*)?(?:\n|$)/y;

/**
 * Parses an env file as Docker Compose does (compose-go's dotenv). The npm libraries differ: dotenv and Node's `parseEnv`
 * read `A=x#y` as `x`, and keep the backslashes of `A="\"x\""`. Unlike Compose, this parser refuses a name without a value
 * and a reference to a variable that no file sets: Compose uses a variable of the shell, or an empty string.
 *
 * @param known variables that the file may refer to, besides its own
 * @throws EnvFileError with the line
 */
export function parseEnvFile(text: string, known: Record<string, string> = {}): Record<string, string> {
    const content = text.replace(/^\uFEFF/, "");
    const variables: Record<string, string> = {};
    let position = 0;
    let line = 1;
    const fail = (problem: string): never => {
        throw new EnvFileError(`line ${line}: ${problem}`);
    };
    /** Matches at the current position, and advances past the match. */
    const take = (pattern: RegExp): RegExpExecArray | undefined => {
        pattern.lastIndex = position;
        const match = pattern.exec(content);
        if (match === null) return undefined;
        position = pattern.lastIndex;
        return match;
    };
    const takeRestOfLine = () => {
        const rest = take(BLANK_OR_COMMENT);
        if (rest) line++;
        return rest !== undefined;
    };

    while (position < content.length) {
        take(/[ \t]*/y);
        if (takeRestOfLine()) continue;
        const [, name = ""] =
            take(VARIABLE) ?? fail("is not NAME=value; for a variable without a value, write NAME=");
        const [whole = "", single, double, plain] = take(VALUE) ?? [];
        if (plain !== undefined && /^['"]/.test(plain)) fail(`the value of ${name} has no closing quote`);
        const resolve = (value: string) =>
            interpolate(value, { ...known, ...variables }, (problem) =>
                fail(
                    `the value of ${name} ${problem}; to take a $ literally, put the value into single quotes`,
                ),
            );
        if (single !== undefined) variables[name] = single.replace(/\\([^])/g, unescapeQuote);
        else if (double !== undefined) variables[name] = resolve(double.replace(ESCAPE, unescape));
        else variables[name] = resolve(withoutComment(plain ?? ""));
        line += whole.split("\n").length - 1;
        if (position < content.length && !takeRestOfLine())
            fail(`has text after the closing quote of ${name}; remove it, or start a comment with #`);
    }
    return variables;
}

/** A comment starts after a space: `a#b` is a value. */
function withoutComment(value: string): string {
    return (value.split(" #", 1)[0] ?? "").trimEnd();
}

function unescapeQuote(escape: string, character: string): string {
    return character === "'" ? character : escape;
}

const ESCAPE = /\\(0\d{0,3}|[^])/g;

const ESCAPED: Record<string, string> = {
    '"': '"',
    "\\": "\\",
    // An escaped dollar sign starts no reference: `interpolate` turns `$$` into `$`.
    $: "$$",
    a: "\x07",
    b: "\b",
    f: "\f",
    n: "\n",
    r: "\r",
    t: "\t",
    v: "\v",
};

function unescape(escape: string, code: string): string {
    if (/^0[0-3][0-7]{2}$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    return ESCAPED[code] ?? escape;
}

/** `$$`, `$NAME`, or `${NAME}` with an operator and its argument, which may contain one more pair of braces. */
const REFERENCE = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?)([-+?])((?:[^{}]|\{[^{}]*\})*))?\}|(\{))/g;

/** @param fail throws the error; takes what is wrong with the value */
function interpolate(
    value: string,
    variables: Record<string, string>,
    fail: (problem: string) => never,
): string {
    return value.replace(
        REFERENCE,
        (_, dollar?: string, plain?: string, braced?: string, ...rest: (string | undefined)[]): string => {
            const [colon, operator, argument = "", malformed] = rest;
            if (dollar) return "$";
            if (malformed) return fail("has a reference that is not ${NAME}");
            const name = plain ?? braced ?? "";
            const known = Object.hasOwn(variables, name) ? variables[name] : undefined;
            const current = colon && known === "" ? undefined : known;
            if (operator === "+") return current === undefined ? "" : interpolate(argument, variables, fail);
            if (current !== undefined) return current;
            if (operator === "-") return interpolate(argument, variables, fail);
            return fail(`refers to ${name}, which no env file sets before it`);
        },
    );
}
