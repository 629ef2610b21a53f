import { formatTemplate, isHidden, type Part, type Template } from "./template.ts";

/** A YAML file whose ERB is replaced: each expression by a token, and each statement by nothing. */
export interface ErbText {
    text: string;
    /** The Ruby of each expression, by the number in its token. */
    expressions: string[];
    /** Lines of the expressions. */
    lines: number[];
    /** Statements (`<% if ... %>`) and their lines. Only Ruby knows their effect. */
    statements: { line: number; code: string }[];
}

const TAG = /<%(%|[=#-]?)([^]*?)-?%>/g;

/**
 * Replaces ERB, so that the rest is YAML: `a: <%= b %>` becomes `a: __erb0__`.
 *
 * @param first number of a token, if other files have tokens too
 * @param readFile content of a file of the application
 */
export function withoutErb(
    source: string,
    first = 0,
    readFile?: (path: string) => string | undefined,
): ErbText {
    const expressions: string[] = [];
    const starts: number[] = [];
    const statements: { line: number; code: string }[] = [];
    const text = source.replace(TAG, (whole, kind: string, code: string, offset: number) => {
        const lines = "\n".repeat(whole.split("\n").length - 1);
        if (kind === "%") return whole;
        if (kind === "#") return lines;
        if (kind === "=") {
            const content = readVersionFile(code.trim(), readFile);
            if (content !== undefined) return content + lines;
            expressions.push(code.trim());
            starts.push(source.slice(0, offset).split("\n").length);
            return `__erb${first + expressions.length - 1}__${lines}`;
        }
        statements.push({ line: source.slice(0, offset).split("\n").length, code: code.trim() });
        return lines;
    });
    return { text, expressions, lines: starts, statements };
}

/** `File.read(".ruby-version").strip`: a file with a version is text, and no Ruby is run. */
function readVersionFile(code: string, readFile?: (path: string) => string | undefined): string | undefined {
    const [, path] =
        /^(?:File|IO)\.read\(?\s*["']([\w./-]*version[\w.-]*)["']\s*\)?\.(?:strip|chomp)$/i.exec(code) ?? [];
    if (path === undefined || path.startsWith("/") || path.includes("..")) return undefined;
    const content = readFile?.(path)?.trim();
    return content !== undefined && /^[\w.+-]+$/.test(content) ? content : undefined;
}

/** Turns the tokens of a value back into parts. Only lookups of environment variables are understood; nothing is run. */
export function parseErbTokens(text: string, { expressions }: Pick<ErbText, "expressions">): Template {
    return text
        .split(/(__erb\d+__)/)
        .filter((part) => part !== "")
        .map((part) => {
            const [, number] = /^__erb(\d+)__$/.exec(part) ?? [];
            return number === undefined ? part : parseRuby(expressions[Number(number)] ?? "");
        });
}

const STRING = String.raw`(?:"([^"#\\]*)"|'([^'\\]*)')`;
const LOOKUP = new RegExp(String.raw`^ENV\[\s*${STRING}\s*\]$`);
const LOOKUP_WITH_DEFAULT = new RegExp(String.raw`^ENV\[\s*${STRING}\s*\]\s*\|\|\s*(?:${STRING}|(\d+))$`);
const FETCH = new RegExp(
    String.raw`^ENV\.fetch\(?\s*${STRING}\s*(?:,\s*(?:${STRING}|(\d+|nil))\s*)?\)?(?:\s*\{\s*(?:${STRING}|(\d+))\s*\})?$`,
);

/** A line for each expression: how it was understood, or that its value is unknown. */
export function describeExpressions(file: string, { expressions, lines }: ErbText): string[] {
    return expressions.map((code, i) => {
        const part = parseRuby(code);
        const at = `${file}:${lines[i] ?? 1}: <%= ${code} %> is Ruby, which is not run`;
        return isHidden(part) ? `${at}; its value is unknown` : `${at}; read as ${formatTemplate([part])}`;
    });
}

function parseRuby(code: string): Part {
    const [lookup, double, single] = LOOKUP.exec(code) ?? [];
    if (lookup) return { variable: double ?? single ?? "", operator: "-", argument: [] };
    const found = FETCH.exec(code) ?? LOOKUP_WITH_DEFAULT.exec(code);
    if (found === null) return { code };
    const [, first, second, ...defaults] = found as (string | undefined)[];
    const variable = first ?? second ?? "";
    const value = defaults.find((text) => text !== undefined && text !== "nil");
    const isOptional = defaults.some((text) => text !== undefined);
    if (!isOptional) return { variable, operator: "?", argument: [] };
    return { variable, operator: "-", argument: value === undefined || value === "" ? [] : [value] };
}
