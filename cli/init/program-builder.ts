import {
    Code,
    type Component,
    type Expression,
    type Program,
    type Question,
    type Setting,
    type StackSecret,
} from "./model.ts";
import { hasLogin, isSecretName } from "./secret-names.ts";
import {
    evaluate,
    isHidden,
    isSecret,
    isVariable,
    type Part,
    type Template,
    type VariablePart,
} from "./text/template.ts";

const RESERVED = new Set(
    (
        "break case catch class const continue debugger default delete do else enum export extends false finally for function " +
        "if implements import in instanceof interface let new null package private protected public return static super switch " +
        "this throw true try typeof var void while with yield await async arguments eval config pulumi resolve readFileSync " +
        "require module exports process url"
    ).split(" "),
);

export function camelCase(name: string): string {
    const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
    const joined = words
        .map((word) => (/^[A-Z0-9]+$/.test(word) ? word.toLowerCase() : word))
        .map(
            (word, i) =>
                (i === 0 ? word.charAt(0).toLowerCase() : word.charAt(0).toUpperCase()) + word.slice(1),
        )
        .join("");
    return /^[A-Za-z]/.test(joined) ? joined : `_${joined}`;
}

/** Collects the program while it is translated. */
export class ProgramBuilder {
    readonly components: Component[] = [];
    readonly settings: Setting[] = [];
    readonly secrets: StackSecret[] = [];
    readonly outputs: Program["outputs"] = [];
    /** Questions that came up, answered or not. */
    readonly questions: Question[] = [];
    readonly #identifiers = new Map<string, string>();
    /** Names of secrets that the program works without, and that no stack has to set. */
    readonly #optionalSecrets = new Set<string>();
    /** Values of variables on this machine. */
    readonly known: Record<string, string>;
    readonly #answers: Map<string, string>;

    /** @param answers to questions, by their IDs */
    constructor(known: Record<string, string>, answers = new Map<string, string>()) {
        this.known = known;
        this.#answers = answers;
    }

    /** The answer to a question, or its default. Undefined if it has neither and stays open. */
    decide(question: Question): string | undefined {
        if (!this.questions.some(({ id }) => id === question.id)) this.questions.push(question);
        return this.#answers.get(question.id) ?? question.default;
    }

    /** An unused name for a constant. */
    identifier(name: string, purpose: string): string {
        const base = camelCase(name);
        for (const candidate of [
            base,
            base + purpose,
            ...[2, 3, 4, 5, 6, 7, 8, 9].map((n) => `${base}${purpose}${n}`),
        ]) {
            if (RESERVED.has(candidate) || this.#identifiers.has(candidate)) continue;
            this.#identifiers.set(candidate, name);
            return candidate;
        }
        throw new Error(`no unused name is left for ${name}`);
    }

    component(component: Component): Component {
        this.components.push(component);
        return component;
    }

    /** A setting of the program, as the constant that reads it. */
    setting(
        name: string,
        type: Setting["type"],
        description: string,
        value?: string | number | boolean,
    ): Code {
        let setting = this.settings.find((other) => other.name === name);
        if (setting === undefined) {
            setting = { name, type, default: value, description, constant: this.identifier(name, "Setting") };
            this.settings.push(setting);
        }
        if (setting.type !== type)
            return new Code(
                type === "integer" ? `Number(${setting.constant})` : `String(${setting.constant})`,
            );
        return new Code(setting.constant);
    }

    /** A secret of the stack. The first one that knows a value sets it. */
    secret(secret: StackSecret): void {
        const other = this.secrets.find(({ name }) => name === secret.name);
        if (other === undefined) this.secrets.push(secret);
        else if (other.value === undefined && secret.value !== undefined) Object.assign(other, secret);
    }

    /**
     * The first of these names that no secret, setting or known variable has, or the last one with a number.
     *
     * @param reserved names that later steps may give to other secrets
     */
    unusedSecretName(names: string[], reserved: string[]): string {
        const isUsed = (name: string) =>
            [...this.secrets, ...this.settings].some((other) => other.name === name) ||
            this.#optionalSecrets.has(name) ||
            name in this.known ||
            reserved.includes(name);
        const last = names.at(-1) ?? "secret";
        let name = names.find((candidate) => !isUsed(candidate));
        for (let i = 2; name === undefined; i++) if (!isUsed(`${last}${i}`)) name = `${last}${i}`;
        return name;
    }

    /** Removes a secret, unless a component reads it. */
    removeSecret(name: string): void {
        const isUsed = JSON.stringify(this.components.map(({ args }) => args)).includes(JSON.stringify(name));
        if (isUsed) return;
        const index = this.secrets.findIndex((secret) => secret.name === name);
        if (index >= 0) this.secrets.splice(index, 1);
    }

    /** A template as a string of the program. */
    expression(template: Template): Expression {
        if (template.every((part) => typeof part === "string")) return template.join("");
        const codes = template.map((part) => this.#part(part));
        const [only] = codes;
        if (codes.length === 1 && only !== undefined && typeof only !== "string") return only;
        return joinCode(codes);
    }

    /** A template as a number of the program, for example a port. */
    integer(template: Template, description?: string): Expression {
        const [only] = template;
        if (template.length === 1 && only !== undefined && isVariable(only)) {
            const value = Number(evaluate([only]));
            return this.setting(
                camelCase(only.variable),
                "integer",
                description ?? describe(only),
                Number.isInteger(value) && value > 0 ? value : undefined,
            );
        }
        return Number(evaluate(template, this.known));
    }

    #part(part: Part): string | Code {
        if (typeof part === "string") return part;
        if (isSecret(part))
            return this.secretCode(part.secret, { name: part.secret, source: ".kamal/secrets" });
        if (isHidden(part)) return this.#computed(part.code);
        const name = camelCase(part.variable);
        const { argument = [] } = part;
        const operator: string = part.operator ?? "";
        const showsLogin = [this.known, {}].some((variables) => hasLogin(evaluate([part], variables)));
        if ((isSecretName(part.variable) || showsLogin) && !operator.endsWith("+"))
            return this.#secretVariable(part);
        if (operator.endsWith("+")) {
            const setting = this.setting(name, "string", describe(part), "");
            const value = this.expression(argument);
            const text = typeof value === "string" ? JSON.stringify(value) : (value as Code).text;
            return new Code(
                `(${setting.text} === "" ? "" : ${text})`,
                [],
                value instanceof Code ? value.imports : [],
            );
        }
        const isRequired = operator.endsWith("?");
        return this.setting(name, "string", describe(part), isRequired ? undefined : evaluate(argument));
    }

    /** A setting in place of a value that Ruby computes, other than a variable. */
    #computed(code: string): Code {
        const description = `Value of <%= ${code} %>`;
        const own = this.settings.find((setting) => setting.description === description);
        const count = this.settings.filter(({ name }) => /^computed\d*$/.test(name)).length;
        const name = own?.name ?? `computed${count === 0 ? "" : count + 1}`;
        return this.setting(name, "string", description, this.decideComputed(code, name));
    }

    /** Asks for a value that Ruby computes, because Ruby is not run. */
    decideComputed(code: string, setting: string, name = "a value", place?: string): string | undefined {
        return this.decide({
            id: name === "a value" ? `value of ${code}` : `value of ${name}`,
            message: `What is the value of ${name}, which ${place ?? "a file"} computes by <%= ${code} %>?`,
            remedy: `drydock pulumi config set ${setting} <value>`,
        });
    }

    #secretVariable(part: VariablePart): Code {
        const { variable, argument = [] } = part;
        const operator: string = part.operator ?? "";
        const fallback = operator.endsWith("-") ? evaluate(argument) : undefined;
        const value = this.known[variable] ?? (fallback === "" ? undefined : fallback);
        // An empty default makes the variable optional.
        if (fallback === "" && value === undefined) {
            this.#optionalSecrets.add(variable);
            return new Code(`(config.getSecret("${variable}") ?? "")`, ["config"]);
        }
        return this.secretCode(variable, { name: variable, value, source: `the variable ${variable}` });
    }

    secretCode(name: string, secret: StackSecret): Code {
        this.secret(secret);
        return new Code(`config.requireSecret(${JSON.stringify(name)})`, ["config"]);
    }
}

function describe({ variable, operator, argument = [] }: VariablePart): string {
    const message = operator?.endsWith("?") ? evaluate(argument) : "";
    return message === "" ? `Value of ${variable}` : `Value of ${variable}: ${message}`;
}

/** Joins strings and code in a template literal. */
export function joinCode(parts: (string | Code)[]): Code {
    const body = parts
        .map((part) =>
            typeof part === "string"
                ? part.replace(/[`\\]|\$(?=\{)/g, "\\$&").replace(/\n/g, "\\n")
                : `\${${part.text}}`,
        )
        .join("");
    const codes = parts.filter((part) => part instanceof Code);
    const isOutput = codes.some(({ text, uses }) => uses.length > 0 || text.includes("Secret("));
    return new Code(
        isOutput ? `pulumi.interpolate\`${body}\`` : `\`${body}\``,
        [...new Set(codes.flatMap(({ uses }) => uses))],
        [...new Set([...codes.flatMap(({ imports }) => imports), ...(isOutput ? ["pulumi"] : [])])],
    );
}
