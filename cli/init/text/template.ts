import { closingBrace } from "./words.ts";

/** `${NAME}`, or with an operator and its argument: `${NAME:-default}`. */
export interface VariablePart {
    variable: string;
    operator?: "-" | ":-" | "?" | ":?" | "+" | ":+";
    argument?: Template;
}

/** The value of a secret, which no file contains. */
export interface SecretPart {
    secret: string;
}

/** A value that is known only after running the code. */
export interface HiddenPart {
    code: string;
}

export type Part = string | VariablePart | SecretPart | HiddenPart;

/** A value of a file, in which parts may be variables. */
export type Template = Part[];

export function isVariable(part: Part): part is VariablePart {
    return typeof part === "object" && "variable" in part;
}

export function isSecret(part: Part): part is SecretPart {
    return typeof part === "object" && "secret" in part;
}

export function isHidden(part: Part): part is HiddenPart {
    return typeof part === "object" && "code" in part;
}

const REFERENCE = /^\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])([^]*))?\})$/;

/** Parses the interpolation of Docker Compose: `$$`, `$NAME`, `${NAME}`, `${NAME:-default}`, nested. */
export function parseInterpolation(text: string): Template {
    const parts: Part[] = [];
    const push = (part: Part) => {
        const last = parts.at(-1);
        if (typeof part === "string" && typeof last === "string") parts[parts.length - 1] = last + part;
        else if (part !== "") parts.push(part);
    };
    for (let i = 0; i < text.length; i++) {
        if (text[i] !== "$") {
            push(text.charAt(i));
            continue;
        }
        const [plain] = /^\$(\$|[A-Za-z_]\w*)/.exec(text.slice(i)) ?? [];
        const end = text[i + 1] === "{" ? closingBrace(text, i + 1) + 1 : i + (plain ?? "$").length;
        const [, dollar, name, braced, operator, argument] = REFERENCE.exec(text.slice(i, end)) ?? [];
        const variable = name ?? braced;
        if (dollar) push("$");
        else if (variable === undefined) push(text.slice(i, end));
        else if (operator === undefined) push({ variable });
        else
            push({
                variable,
                operator: operator as VariablePart["operator"],
                argument: parseInterpolation(argument ?? ""),
            });
        i = end - 1;
    }
    return parts;
}

/** The value, if no part of it is a variable. */
export function literalOf(template: Template | undefined): string | undefined {
    return template?.every((part) => typeof part === "string") ? template.join("") : undefined;
}

/** The value if only these variables are set. A secret and a hidden part are empty. */
export function evaluate(template: Template, variables: Record<string, string> = {}): string {
    return template
        .map((part) => {
            if (typeof part === "string") return part;
            if (!isVariable(part)) return "";
            const { operator = "", argument = [] } = part;
            const set = variables[part.variable];
            const value = operator.startsWith(":") && set === "" ? undefined : set;
            if (operator.endsWith("+")) return value === undefined ? "" : evaluate(argument, variables);
            return value ?? (operator.endsWith("-") ? evaluate(argument, variables) : "");
        })
        .join("");
}

/** All variables of a template, including those in defaults. */
export function variablesOf(template: Template): VariablePart[] {
    return template.flatMap((part) => (isVariable(part) ? [part, ...variablesOf(part.argument ?? [])] : []));
}

export function isSameTemplate(one: Template, other: Template): boolean {
    return JSON.stringify(one) === JSON.stringify(other);
}

/** The template as a file writes it. */
export function formatTemplate(template: Template): string {
    return template
        .map((part) => {
            if (typeof part === "string") return part;
            if (isSecret(part)) return `<${part.secret}>`;
            if (isHidden(part)) return `<%= ${part.code} %>`;
            const { variable, operator = "", argument = [] } = part;
            return `\${${variable}${operator}${formatTemplate(argument)}}`;
        })
        .join("");
}
