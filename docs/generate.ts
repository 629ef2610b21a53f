/**
 * Writes the reference from the docstrings: `node docs/generate.ts [directory]`. Typedoc reads the source; this file
 * lays its model out as Markdown, one page a component.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What typedoc's JSON has of a declaration, a signature or a parameter, as far as it is used here. */
interface Reflection {
    id: number;
    name: string;
    kind: number;
    flags: { isOptional?: boolean };
    comment?: Comment;
    type?: Type;
    defaultValue?: string;
    children?: Reflection[];
    signatures?: Reflection[];
    parameters?: Reflection[];
    extendedTypes?: Type[];
    inheritedFrom?: Type;
}

type Type =
    | { type: "array"; elementType: Type }
    | { type: "union"; types: Type[] }
    | { type: "literal"; value: string | number | boolean | null }
    | { type: "intrinsic"; name: string }
    | { type: "reference"; name: string; typeArguments?: Type[]; refersToTypeParameter?: boolean }
    | { type: "reflection"; declaration: Reflection };

interface Comment {
    summary: Text[];
    blockTags?: { tag: string; content: Text[] }[];
}

interface Text {
    text: string;
}

/** `ReflectionKind` of typedoc, whose values are in the JSON. */
const Kind = { Variable: 32, Function: 64, Class: 128, Interface: 256, Property: 1024 } as const;

interface Page {
    file: string;
    title: string;
    introduction: string;
    exports: Reflection[];
}

const CONTAINER_PAGE = "container.md";
/** From the type with the most arguments to those that it extends. */
const CONTAINER_TYPES = ["ContainerArgs", "BaseContainerArgs", "EnvironmentArgs"];

const MARK = "<!-- Generated from the docstrings by `make docs`. -->";

const [directory = "docs/reference"] = process.argv.slice(2);
const pages = pagesOf(model());
/** Where an exported type is documented, by its name. */
const places = new Map(
    pages.flatMap(({ file, exports }) => exports.map(({ name }) => [name, `${file}#${name.toLowerCase()}`])),
);

mkdirSync(directory, { recursive: true });
for (const file of readdirSync(directory)) if (isGenerated(file)) rmSync(join(directory, file));
for (const page of pages) writeFileSync(join(directory, page.file), render(page));

/** Other pages of the directory are written by hand. */
function isGenerated(file: string): boolean {
    return readFileSync(join(directory, file), "utf8").startsWith(MARK);
}

/** What typedoc finds in the library and in its testing kit. */
function model(): Reflection {
    const directory = mkdtempSync(join(tmpdir(), "drydock-reference-"));
    try {
        const file = join(directory, "model.json");
        execFileSync("node_modules/.bin/typedoc", ["--options", "docs/typedoc.json", "--json", file], {
            stdio: ["ignore", "inherit", "inherit"],
        });
        return JSON.parse(readFileSync(file, "utf8")) as Reflection;
    } finally {
        rmSync(directory, { recursive: true });
    }
}

function pagesOf({ children: modules = [] }: Reflection): Page[] {
    const exportsOf = (name: string) =>
        modules.find((module) => module.name === name)?.children?.filter(isDocumented) ?? [];
    const library = exportsOf("components");
    const components = library.filter(({ kind }) => kind === Kind.Class);
    const argumentsOf = (name: string) => library.filter((other) => other.name === `${name}Args`);
    const own = new Set(components.flatMap(({ name }) => [name, `${name}Args`]));
    const rest = library.filter(({ name }) => !own.has(name)).sort((a, b) => a.name.localeCompare(b.name));
    const isContainer = ({ name }: Reflection) => CONTAINER_TYPES.includes(name);
    const isConnection = ({ name }: Reflection) => /connection|endpoint$/i.test(name);
    return [
        ...components.map((component) => ({
            file: `${kebab(component.name)}.md`,
            title: component.name,
            introduction: "",
            exports: [component, ...argumentsOf(component.name)],
        })),
        {
            file: CONTAINER_PAGE,
            title: "Container arguments",
            introduction: [
                "Arguments that components pass on to Docker for each container. `WebApp`, `RailsWebApp`, each of their",
                "processes, `Service`, `PostgresService`, `RedisService` and `Gateway` take `ContainerArgs`; `Task` takes",
                "`BaseContainerArgs`. A component that cannot support an argument refuses it, and says why. If you remove an",
                "argument, its default applies again.",
            ].join(" "),
            exports: rest.filter(isContainer),
        },
        {
            file: "connection.md",
            title: "Connections",
            introduction: [
                "A component's `connection` output, or an object that you write for a service that runs elsewhere.",
                "Pass it to `links` of a `WebApp` or a `Task`, or to `database` and `redis` of a `RailsWebApp`.",
            ].join(" "),
            exports: rest.filter(isConnection),
        },
        {
            file: "arguments.md",
            title: "Argument types",
            introduction: "Types of arguments that several components share.",
            exports: rest.filter(
                (other) => !isConnection(other) && !isContainer(other) && isReferenced(other, library),
            ),
        },
        {
            file: "testing.md",
            title: "Testing",
            introduction: [
                "`pulumi-drydock/testing` runs a Pulumi program with mocked providers, without the Pulumi engine and without",
                "Docker. It works with any test runner. [How to test a program](../how-to/test-your-program.md) has an",
                "example.",
            ].join(" "),
            exports: exportsOf("testing"),
        },
    ];
}

/** The type of an enum stands beside its object, which has the values. */
function isDocumented({ kind }: Reflection): boolean {
    return [Kind.Variable, Kind.Function, Kind.Class, Kind.Interface].some(
        (documented) => documented === kind,
    );
}

/** Types that only others extend are not listed: their properties are listed with those. */
function isReferenced({ kind, name }: Reflection, library: Reflection[]): boolean {
    const types = library.flatMap(({ children = [] }) =>
        children.map(({ type }) => JSON.stringify(type ?? {})),
    );
    return kind !== Kind.Interface || types.some((type) => type.includes(`"name":"${name}"`));
}

function render({ title, introduction, exports }: Page): string {
    const [component, args] = exports;
    const body =
        component?.kind === Kind.Class
            ? renderComponent(component, args)
            : [`# ${title}`, introduction, ...sorted(exports).flatMap(renderExport), ...constants(exports)];
    return `${[MARK, ...body].filter((part) => part !== "").join("\n\n")}\n`;
}

function renderComponent(component: Reflection, args: Reflection | undefined): string[] {
    const outputs = component.children?.filter(({ kind }) => kind === Kind.Property) ?? [];
    const constructor = component.children?.find(({ name }) => name === "constructor")?.signatures?.[0];
    return [
        `# ${component.name}`,
        prose(component.comment),
        example(component.comment),
        "## Constructor",
        fenced(`new ${component.name}(${parameterList(constructor)})`),
        "## Arguments",
        ...renderArguments(args),
        "## Outputs",
        outputsTable(outputs),
    ];
}

/** The arguments of a component. Those of every container have a page of their own. */
function renderArguments(args: Reflection | undefined): string[] {
    const descriptions = new Map(containerArguments().map(({ name, comment }) => [name, prose(comment)]));
    const all = propertiesOf(args);
    const isCommon = ({ name, comment, inheritedFrom }: Reflection) =>
        inheritedFrom !== undefined && descriptions.get(name) === prose(comment);
    const common = all.filter(isCommon).map(({ name }) => code(name));
    return [
        table(all.filter((property) => !isCommon(property))),
        common.length === 0
            ? ""
            : `And the [arguments of every container](${CONTAINER_PAGE}): ${common.join(", ")}.`,
    ];
}

function containerArguments(): Reflection[] {
    const types = pages.find(({ file }) => file === CONTAINER_PAGE)?.exports ?? [];
    return propertiesOf(types.find(({ name }) => name === CONTAINER_TYPES[0]));
}

/** Functions first: they are what a reader calls. */
function sorted(exports: Reflection[]): Reflection[] {
    const rank = ({ kind }: Reflection) => (kind === Kind.Function ? 0 : 1);
    return [...exports].sort((a, b) => rank(a) - rank(b));
}

function renderExport(declaration: Reflection): string[] {
    const { name, kind, comment, signatures } = declaration;
    const heading = `## ${name}`;
    if (kind === Kind.Function) return (signatures ?? []).flatMap((one) => renderFunction(heading, one));
    if (kind === Kind.Interface)
        return [heading, prose(comment), example(comment), ...renderProperties(declaration)];
    const values = membersOf(declaration);
    if (values.length === 0) return [];
    const rows = values.map((value) => [
        code(`${name}.${value.name}`),
        code(value.defaultValue === "..." ? typeText(value.type) : (value.defaultValue ?? "")),
        prose(value.comment),
    ]);
    return [heading, prose(comment), rowsOf(["Name", "Value", "Description"], rows)];
}

/** What a type has beyond the types that it extends, where those are documented too. */
function renderProperties(declaration: Reflection): string[] {
    const parents = (declaration.extendedTypes ?? []).filter(
        (type) => "name" in type && places.has(type.name),
    );
    if (parents.length === 0) return [table(propertiesOf(declaration))];
    const own = propertiesOf(declaration).filter(({ inheritedFrom }) => !inheritedFrom);
    const links = parents.map(linkedType).join(" and ");
    return own.length === 0
        ? [`Has the properties of ${links}.`]
        : [`Has the properties of ${links}, and:`, table(own)];
}

function renderFunction(heading: string, signature: Reflection): string[] {
    const { name, parameters = [], type, comment } = signature;
    const described = parameters.filter((parameter) => parameter.comment);
    const rows = described.map((parameter) => [code(parameterName(parameter)), prose(parameter.comment)]);
    const [throws] = tagged(comment, "@throws");
    return [
        heading,
        prose(comment),
        fenced(`${name}(${parameterList(signature)}): ${typeText(type)}`),
        rows.length === 0 ? "" : rowsOf(["Parameter", "Description"], rows),
        throws ? `**Throws** ${flat(parts(throws.content))}` : "",
        example(comment),
    ];
}

function parameterList(signature: Reflection | undefined): string {
    const parameters = signature?.parameters ?? [];
    return parameters
        .map((parameter) => `${parameterName(parameter)}: ${typeText(parameter.type)}`)
        .join(", ");
}

/** A destructured parameter has no name. */
function parameterName({ name, flags, defaultValue }: Reflection): string {
    const optional = flags.isOptional ?? defaultValue !== undefined;
    return `${name === "__namedParameters" ? "options" : name}${optional ? "?" : ""}`;
}

/** Constants with one value each, in one table. */
function constants(exports: Reflection[]): string[] {
    const rows = exports
        .filter((one) => one.kind === Kind.Variable && membersOf(one).length === 0)
        .map(({ name, type, comment }) => [code(name), code(typeText(type)), prose(comment)]);
    return rows.length === 0 ? [] : ["## Constants", rowsOf(["Name", "Value", "Description"], rows)];
}

function membersOf({ type }: Reflection): Reflection[] {
    return type?.type === "reflection" ? inSourceOrder(type.declaration.children ?? []) : [];
}

/** Required ones first, then a type's own before those that it inherits. */
function propertiesOf(declaration: Reflection | undefined): Reflection[] {
    const rank = ({ flags, inheritedFrom }: Reflection) =>
        (flags.isOptional ? 2 : 0) + (inheritedFrom ? 1 : 0);
    return inSourceOrder(declaration?.children ?? []).sort((a, b) => rank(a) - rank(b));
}

function inSourceOrder(declarations: Reflection[]): Reflection[] {
    return [...declarations].sort((a, b) => a.id - b.id);
}

function table(properties: Reflection[]): string {
    const optional = properties.filter(({ flags }) => flags.isOptional);
    const hasDefaults =
        optional.some(({ comment }) => tagged(comment, "@default").length > 0) ||
        (optional.length > 0 && optional.length < properties.length);
    const rows = properties
        .flatMap(withMembers)
        .map((property) => [
            code(property.name),
            linkedType(property.type),
            ...(hasDefaults ? [defaultOf(property)] : []),
            prose(property.comment),
        ]);
    return rowsOf(["Name", "Type", ...(hasDefaults ? ["Default"] : []), "Description"], rows);
}

/** The properties of an object whose type has no name follow it, as `options.protect`. */
function withMembers(property: Reflection): Reflection[] {
    const members = membersOf(property).map((member) => ({
        ...member,
        name: `${property.name}.${member.name}`,
    }));
    return [property, ...members];
}

function outputsTable(outputs: Reflection[]): string {
    const rows = inSourceOrder(outputs).map(({ name, type, comment }) => [
        code(name),
        linkedType(type),
        prose(comment),
    ]);
    return rowsOf(["Name", "Type", "Description"], rows);
}

function defaultOf({ flags, comment }: Reflection): string {
    if (!flags.isOptional) return "**required**";
    const [given] = tagged(comment, "@default");
    const value = given ? flat(parts(given.content)) : "";
    return /^(true|false|\d+)$/.test(value) ? code(value) : value;
}

function rowsOf(header: string[], rows: string[][]): string {
    const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A type refers to one other type of the library at most, to which the whole links. */
function linkedType(type: Type | undefined): string {
    const text = code(typeText(type));
    const [place] = [...text.matchAll(/\w+/g)].flatMap(([word]) => places.get(word) ?? []);
    return place === undefined ? text : `[${text}](${place})`;
}

function typeText(type: Type | undefined): string {
    switch (type?.type) {
        case "array":
            return `${typeText(type.elementType)}[]`;
        case "union":
            return type.types.map(typeText).join(" | ");
        case "literal":
            return JSON.stringify(type.value);
        case "intrinsic":
            return type.name;
        case "reference":
            // All type parameters stand for the keys of a map.
            return type.refersToTypeParameter ? "string" : referenceText(type);
        case "reflection": {
            const [signature] = type.declaration.signatures ?? [];
            if (!signature) return "object";
            return `(${parameterList(signature)}) => ${typeText(signature.type)}`;
        }
        default:
            throw new Error(`docs/generate.ts does not know how to write the type ${JSON.stringify(type)}`);
    }
}

function referenceText({ name, typeArguments = [] }: { name: string; typeArguments?: Type[] }): string {
    const short = name === "OutputInstance" ? "Output" : name;
    return typeArguments.length === 0 ? short : `${short}<${typeArguments.map(typeText).join(", ")}>`;
}

function prose(comment: Comment | undefined): string {
    return flat(parts(comment?.summary ?? []));
}

function example(comment: Comment | undefined): string {
    return tagged(comment, "@example")
        .map(({ content }) => parts(content).trim())
        .join("\n\n");
}

function tagged(comment: Comment | undefined, name: string): { tag: string; content: Text[] }[] {
    return comment?.blockTags?.filter(({ tag }) => tag === name) ?? [];
}

function parts(content: Text[]): string {
    return content.map(({ text }) => text).join("");
}

/** On one line, as a table needs it. */
function flat(text: string): string {
    return text.replace(/\s+/g, " ").trim();
}

function code(text: string): string {
    return text === "" ? "" : `\`${text}\``;
}

function fenced(text: string): string {
    return `\`\`\`ts\n${text}\n\`\`\``;
}

function kebab(name: string): string {
    return name.replace(/\B[A-Z]/g, "-$&").toLowerCase();
}
