import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import ts from "typescript";

const ROOT = resolve(__dirname, "../..");
const LIBRARY = join(ROOT, "components");
const COMPONENTS = ["PostgresService", "RailsWebApp", "RedisService", "Task", "WebApp"];

/** What an example may use without declaring it. */
const AROUND: Record<string, string> = {
    db: "const db = new PostgresService('db');",
    cache: "const cache = new RedisService('cache');",
};

const examples = readdirSync(LIBRARY)
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => examplesIn(join(LIBRARY, file)));

/** The `@example` blocks of a file, by what they belong to. */
function examplesIn(file: string): { of: string; code: string }[] {
    const source = ts.createSourceFile(file, ts.sys.readFile(file) ?? "", ts.ScriptTarget.ES2022, true);
    return source.statements.flatMap((statement) =>
        ts
            .getJSDocTags(statement)
            .filter(({ tagName }) => tagName.text === "example")
            .map(({ comment }) => ({
                of: (statement as ts.ClassDeclaration).name?.text ?? "",
                code: ts.getTextOfJSDocComment(comment) ?? "",
            })),
    );
}

/** What the compiler has to say of texts, as if they were files beside the library. */
function problems(texts: string[]): string[][] {
    const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path));
    const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
    const files = new Map(texts.map((text, i) => [join(ROOT, `example-${i}.ts`), text]));
    const host = ts.createCompilerHost(options);
    const getSourceFile = host.getSourceFile.bind(host);
    const fileExists = host.fileExists.bind(host);
    host.fileExists = (path) => files.has(path) || fileExists(path);
    host.getSourceFile = (path, language) => {
        const text = files.get(path);
        return text === undefined ? getSourceFile(path, language) : ts.createSourceFile(path, text, language);
    };
    const program = ts.createProgram(
        [...files.keys()],
        { ...options, noCheck: false, noUnusedLocals: false },
        host,
    );
    return [...files.keys()].map((path) =>
        program
            .getSemanticDiagnostics(program.getSourceFile(path))
            .concat(program.getSyntacticDiagnostics(program.getSourceFile(path)))
            .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
    );
}

describe("the examples in the documentation", () => {
    const whole = examples.map(({ code }) =>
        [
            `import { Connection, ${COMPONENTS.join(", ")} } from "./components";`,
            ...Object.entries(AROUND).map(([name, text]) => (code.includes(`const ${name} =`) ? "" : text)),
            code,
        ].join("\n"),
    );

    test("are there for every component", () => {
        expect(examples.map(({ of }) => of).sort()).toEqual(["Connection", ...COMPONENTS].sort());
    });

    test("compile, and a wrong one would not", () => {
        const [wrong, ...right] = problems([
            'import { Task } from "./components"; new Task("x", {});',
            ...whole,
        ]);
        expect(wrong).toEqual([expect.stringContaining("'command' is missing")]);
        expect(right).toEqual(examples.map(() => []));
    });
});

describe("the schema for other languages", () => {
    const folder = mkdtempSync(join(tmpdir(), "drydock-schema-"));
    const main = join(LIBRARY, "index.ts");
    // The library alone: the analyzer reads all that the tsconfig.json of its folder names.
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ files: [main] }));
    const { components, typeDefinitions } = new Analyzer(
        ...([folder, "drydock", { main }, new Set(COMPONENTS)] as const),
    ).analyze();
    rmSync(folder, { recursive: true });

    test("has every component", () => {
        expect(Object.keys(components).sort()).toEqual(COMPONENTS);
    });

    test("describes every argument and output", () => {
        const all = { ...components, ...typeDefinitions };
        const bare = Object.entries(all).flatMap(([name, type]) =>
            Object.entries("inputs" in type ? { ...type.inputs, ...type.outputs } : (type.properties ?? {}))
                .filter(([, { description }]) => !description)
                .map(([property]) => `${name}.${property}`),
        );
        expect(bare).toEqual([]);
    });
});
