/** Generates schema.json from the types and docstrings of the components: `make schema`. */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer.js";
import { generateSchema, type PackageSpec } from "@pulumi/pulumi/provider/experimental/schema.js";
import ts from "typescript";

const ROOT = resolve(import.meta.dirname, "..");

export const COMPONENTS = [
    "Gateway",
    "PostgresService",
    "RailsWebApp",
    "RedisService",
    "Service",
    "Task",
    "Volume",
    "WebApp",
];

/** Generates the schema with Pulumi's analyzer, and adapts it to other languages. */
export function schema(): string {
    const main = join(ROOT, "components/index.ts");
    const { version, description } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<
        string,
        string
    >;
    // The analyzer reads all files of the tsconfig.json in its directory: use one that contains only the library.
    const directory = mkdtempSync(join(tmpdir(), "drydock-schema-"));
    try {
        writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ files: [main] }));
        const analyzer = new Analyzer(directory, "drydock", { main }, new Set(COMPONENTS));
        readRecordsOfTypeParameters(analyzer as unknown as { checker: ts.TypeChecker });
        const { components, typeDefinitions, dependencies } = analyzer.analyze();
        const generated = generateSchema(
            "drydock",
            version ?? "",
            description ?? "",
            components,
            typeDefinitions,
            dependencies,
        );
        // The analyzer omits the descriptions of types.
        const documented = descriptions();
        for (const [token, type] of Object.entries(generated.types)) {
            Object.assign(type, { description: documented.get(token.replace("drydock:index:", "")) });
        }
        return `${JSON.stringify(adaptToOtherLanguages(generated), undefined, 2)}\n`;
    } finally {
        rmSync(directory, { recursive: true });
    }
}

/**
 * Makes the analyzer treat `Record<Key, ...>` as a map with string keys: in TypeScript, the `connections` of a
 * PostgresService have the same keys as its `databases`.
 */
function readRecordsOfTypeParameters({ checker }: { checker: ts.TypeChecker }): void {
    const indexInfoOf = checker.getIndexInfoOfType.bind(checker);
    checker.getIndexInfoOfType = (type, kind) => {
        const [key, value] = type.aliasSymbol?.name === "Record" ? (type.aliasTypeArguments ?? []) : [];
        return key?.isTypeParameter() && value
            ? { keyType: checker.getStringType(), type: value, isReadonly: false }
            : indexInfoOf(type, kind);
    };
}

const TYPES = "#/types/drydock:index:";

/** References to types that the schema replaces with others. */
const REPLACED_REFERENCES: Record<string, string> = {
    // One type for inputs and outputs: with nominal types (Go), a program can then pass an output to `links`.
    [`${TYPES}DatabaseConnection`]: `${TYPES}Connection`,
    [`${TYPES}ServiceConnection`]: `${TYPES}Connection`,
};

/** Changes the analyzer's schema where the type checkers and code generators of other languages require it. */
function adaptToOtherLanguages(schema: PackageSpec): PackageSpec {
    const json = JSON.stringify(
        { ...schema, types: shortenTypeNames(schema.types) },
        (key, value: unknown) => {
            if (key === "$ref" && typeof value === "string")
                return shortenName(REPLACED_REFERENCES[value] ?? value);
            // pulumi-yaml compares a map entry with the property of the element type that has the same name
            // (isAssignable): links called `database` or `host` would have to be strings, as in Connection and
            // LinkVariables.
            const isMapByAlias =
                key === "additionalProperties" &&
                [`${TYPES}Connection`, `${TYPES}LinkVariables`].some((type) => refersTo(value, type));
            return isMapByAlias ? { $ref: "pulumi.json#/Any" } : value;
        },
    );
    return JSON.parse(json) as PackageSpec;
}

/** Removes `Args` from the names of types: the code generators add it, and would generate `HealthArgsArgs`. */
function shortenTypeNames(types: PackageSpec["types"]): PackageSpec["types"] {
    const kept = Object.entries(types).filter(([token]) => !(`#/types/${token}` in REPLACED_REFERENCES));
    const renamed = Object.fromEntries(kept.map(([token, type]) => [shortenName(token), type]));
    if (Object.keys(renamed).length < kept.length)
        throw new Error("two types have the same name without Args; rename one of them");
    return renamed;
}

function shortenName(token: string): string {
    return token.replace(/Args$/, "");
}

function refersTo(value: unknown, reference: string): boolean {
    return (value as { $ref?: string } | undefined)?.$ref === reference;
}

/** Docstrings of interfaces and enums, by name. */
function descriptions(): Map<string, string> {
    const directory = join(ROOT, "components");
    const statements = globSync("**/*.ts", { cwd: directory }).flatMap((file) => {
        const text = readFileSync(join(directory, file), "utf8");
        return [...ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true).statements];
    });
    return new Map(
        statements.flatMap((statement) => {
            const named = ts.isVariableStatement(statement)
                ? statement.declarationList.declarations[0]
                : statement;
            const name = (named as { name?: ts.Node } | undefined)?.name?.getText();
            const [documentation] = ts.getJSDocCommentsAndTags(statement);
            const text = documentation && ts.getTextOfJSDocComment(documentation.comment);
            return name && text ? [[name, text] as const] : [];
        }),
    );
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(ROOT, "provider/schema.json"), schema());
