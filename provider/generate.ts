/** Writes schema.json from the components' types and docstrings: `make schema`. */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer.js";
import { generateSchema, type PackageSpec } from "@pulumi/pulumi/provider/experimental/schema.js";
import ts from "typescript";

const ROOT = resolve(import.meta.dirname, "..");

export const COMPONENTS = ["PostgresService", "RailsWebApp", "RedisService", "Task", "WebApp"];

/** What Pulumi's own analyzer makes of the library. */
export function schema(): string {
    const main = join(ROOT, "components/index.ts");
    const { version, description } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<
        string,
        string
    >;
    // The library alone: the analyzer reads all that the tsconfig.json of its folder names.
    const folder = mkdtempSync(join(tmpdir(), "drydock-schema-"));
    try {
        writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ files: [main] }));
        const names = new Set(COMPONENTS);
        const { components, typeDefinitions, dependencies } = new Analyzer(
            folder,
            "drydock",
            { main },
            names,
        ).analyze();
        const made = generateSchema(
            "drydock",
            version ?? "",
            description ?? "",
            components,
            typeDefinitions,
            dependencies,
        );
        // The analyzer leaves the descriptions of types out.
        const documented = descriptions();
        for (const [token, type] of Object.entries(made.types)) {
            Object.assign(type, { description: documented.get(token.replace("drydock:index:", "")) });
        }
        return `${JSON.stringify(forOtherLanguages(made), undefined, 2)}\n`;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

const TYPES = "#/types/drydock:index:";

/** What the schema says in place of a reference to a type. */
const PLACES: Record<string, string> = {
    // Outputs and inputs are one type: a language with nominal types (Go) links to an output as it is.
    [`${TYPES}DatabaseConnection`]: `${TYPES}Connection`,
    [`${TYPES}ServiceConnection`]: `${TYPES}Connection`,
};

/** Changes the analyzer's schema where the type checkers and generators of other languages need it. */
function forOtherLanguages(schema: PackageSpec): PackageSpec {
    const text = JSON.stringify(
        { ...schema, types: typesByShortName(schema.types) },
        (key, value: unknown) => {
            if (key === "$ref" && typeof value === "string") return shortened(PLACES[value] ?? value);
            // pulumi-yaml compares a map entry with the property of the same name of the element type (its
            // isAssignable): links called `database` or `host` would have to be strings, as in a Connection.
            const isConnection = key === "additionalProperties" && refersTo(value, `${TYPES}Connection`);
            return isConnection ? { $ref: "pulumi.json#/Any" } : value;
        },
    );
    return JSON.parse(text) as PackageSpec;
}

/** Types without `Args`: the generators add it themselves, and would make `HealthArgsArgs`. */
function typesByShortName(types: PackageSpec["types"]): PackageSpec["types"] {
    const kept = Object.entries(types).filter(([token]) => !(`#/types/${token}` in PLACES));
    const renamed = Object.fromEntries(kept.map(([token, type]) => [shortened(token), type]));
    if (Object.keys(renamed).length < kept.length)
        throw new Error("two types have one name without Args; rename one of them");
    return renamed;
}

function shortened(token: string): string {
    return token.replace(/Args$/, "");
}

function refersTo(value: unknown, reference: string): boolean {
    return (value as { $ref?: string } | undefined)?.$ref === reference;
}

/** What the docstrings say of interfaces and enums, by their names. */
function descriptions(): Map<string, string> {
    const folder = join(ROOT, "components");
    const statements = globSync("**/*.ts", { cwd: folder }).flatMap((file) => {
        const text = readFileSync(join(folder, file), "utf8");
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
