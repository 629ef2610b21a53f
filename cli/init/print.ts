import { Code, type Component, type Expression, OptionalCode, type Program, type Setting } from "./model.ts";
import { PACKAGE_NAME } from "../package-name.ts";

const WIDTH = 100;
const INDENT = "  ";

const NODE_IMPORTS: Record<string, string> = { readFileSync: "node:fs", resolve: "node:path" };

/** The program as TypeScript. */
export function printProgram({ settings, components, outputs }: Program): string {
    const used = new Set(components.flatMap(({ args }) => codesOf(args).flatMap(textsOf)));
    const constants = settings.filter(
        ({ constant, name }) =>
            name === "protectData" || [...used].some((text) => usesConstant(text, constant)),
    );
    const body = [
        constants.map(printSetting).join("\n"),
        ...components.map((component) => printComponent(component, components, outputs)),
        outputs.map(({ name, value }) => `export const ${name} = ${value.text};`).join("\n"),
    ].filter((part) => part !== "");
    const hasConfig = constants.length > 0 || [...used].some((text) => text.includes("config."));
    const configuration = hasConfig ? ["const config = new pulumi.Config();"] : [];
    const [first = "", ...rest] = body;
    const isSettings = constants.length > 0;
    const paragraphs = isSettings
        ? [[...configuration, first].join("\n"), ...rest]
        : [...configuration, ...body];
    return `${[printImports(components, hasConfig), ...paragraphs].join("\n\n")}\n`;
}

function textsOf(code: Code): string[] {
    return code instanceof OptionalCode ? [code.text, code.condition] : [code.text];
}

/** Whether a piece of code uses the constant of a setting. */
export function usesConstant(text: string, constant: string): boolean {
    return new RegExp(String.raw`(?<![\w.])${constant}(?!\w)`).test(text);
}

function printImports(components: Component[], hasConfig: boolean): string {
    const codes = components.flatMap(({ args }) => codesOf(args));
    const imports = new Set(codes.flatMap(({ imports }) => imports));
    const names = new Set<string>([...components.map(({ kind }) => kind), ...imports]);
    const ofLibrary = [...names].filter(
        (name) => !(name in NODE_IMPORTS) && name !== "pulumi" && name !== "config",
    );
    const ofNode = [...imports].filter((name) => name in NODE_IMPORTS);
    return [
        ...ofNode.sort().map((name) => `import { ${name} } from "${NODE_IMPORTS[name] ?? ""}";`),
        ...(hasConfig || imports.has("pulumi") ? [`import * as pulumi from "@pulumi/pulumi";`] : []),
        ...(ofLibrary.length > 0 ? [printImport(ofLibrary.sort(), PACKAGE_NAME)] : []),
    ].join("\n");
}

function printImport(names: string[], from: string): string {
    return `import { ${names.join(", ")} } from "${from}";`;
}

const READERS: Record<Setting["type"], string> = {
    string: "require",
    integer: "requireNumber",
    boolean: "requireBoolean",
};

function printSetting({ constant, name, type }: Setting): string {
    return `const ${constant} = config.${READERS[type]}(${JSON.stringify(name)});`;
}

function printComponent(
    { kind, name, variable, args, dependsOn }: Component,
    all: Component[],
    outputs: Program["outputs"],
): string {
    const isUsed =
        outputs.some(({ value }) => value.uses.includes(variable)) ||
        all.some(
            (other) =>
                other.dependsOn.includes(variable) ||
                codesOf(other.args).some(({ uses }) => uses.includes(variable)),
        );
    const options = dependsOn.length === 0 ? "" : `, { dependsOn: [${dependsOn.join(", ")}] }`;
    const start = `${isUsed ? `const ${variable} = ` : ""}new ${kind}(${JSON.stringify(name)}`;
    const values = inOrder(withoutUndefined(args));
    const hasArguments = Object.keys(values).length > 0 || options !== "";
    if (!hasArguments) return `${start});`;
    return `${start}, ${printExpression(values, "", start.length + options.length + 4, true)}${options});`;
}

/** Arguments that come first and last, for a reader. */
const FIRST = [
    ...[
        "image",
        "version",
        "build",
        "pull",
        "railsEnv",
        "command",
        "entrypoint",
        "database",
        "username",
        "databases",
        "redis",
    ],
    ...[
        "links",
        "variables",
        "port",
        "connection",
        "publish",
        "ports",
        "replicas",
        "health",
        "migration",
        "storage",
        "data",
        "volumes",
    ],
    ...["masterKey", "env", "secrets", "envFiles"],
];
const LAST = ["protectData", "processes", "routes"];

function inOrder(args: Record<string, Expression>): Record<string, Expression> {
    const rank = (name: string) => {
        const first = FIRST.indexOf(name);
        const last = LAST.indexOf(name);
        return last >= 0 ? FIRST.length + 1 + last : first >= 0 ? first : FIRST.length;
    };
    return Object.fromEntries(Object.entries(args).sort(([a], [b]) => rank(a) - rank(b)));
}

function withoutUndefined(args: Record<string, Expression | undefined>): Record<string, Expression> {
    return Object.fromEntries(
        Object.entries(args).filter((entry): entry is [string, Expression] => entry[1] !== undefined),
    );
}

/** @param used columns of the line before and after the expression */
function printExpression(value: Expression, indent: string, used: number, isBroken = false): string {
    if (value instanceof Code) return value.text;
    if (typeof value !== "object") return JSON.stringify(value);
    const line = printOnLine(value);
    if (line.length + used <= WIDTH && (!isBroken || line.length < 60)) return line;
    const inner = indent + INDENT;
    const items = Array.isArray(value)
        ? value.map((item) => `${inner}${printExpression(item, inner, inner.length + 1)},`)
        : Object.entries(withoutUndefined(value)).map(([key, own]) => {
              const name = printKey(key);
              if (own instanceof OptionalCode) return `${inner}${printOptional(name, own)},`;
              if (own instanceof Code && own.text === name) return `${inner}${name},`;
              return `${inner}${name}: ${printExpression(own, inner, inner.length + name.length + 3)},`;
          });
    const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
    return [open, ...items, indent + close].join("\n");
}

/** A value without line breaks. */
export function printOnLine(value: Expression): string {
    if (value instanceof Code) return value.text;
    if (typeof value !== "object") return JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map(printOnLine).join(", ")}]`;
    const entries = Object.entries(withoutUndefined(value)).map(([key, own]) => {
        const name = printKey(key);
        if (own instanceof OptionalCode) return printOptional(name, own);
        return own instanceof Code && own.text === name ? name : `${name}: ${printOnLine(own)}`;
    });
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

/** A property that is there only if it has a value. */
function printOptional(name: string, { text, condition }: OptionalCode): string {
    return `...(${condition} && { ${name}: ${text} })`;
}

function printKey(key: string): string {
    return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}

/** All pieces of code in a value. */
export function codesOf(value: Expression | undefined): Code[] {
    if (value instanceof Code) return [value];
    if (Array.isArray(value)) return value.flatMap(codesOf);
    return typeof value === "object" ? Object.values(value).flatMap(codesOf) : [];
}
