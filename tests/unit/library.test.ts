import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { COMPONENTS, schema } from "../../provider/generate.ts";
import { CONTAINER } from "../../testing/index.ts";
import { compileErrors } from "./compiler.ts";
import { runProgram } from "./programs.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const LIBRARY = join(ROOT, "components");

/** Components that examples use without declaring them. */
const DECLARATIONS: Record<string, string> = {
    db: "const db = new PostgresService('db');",
    cache: "const cache = new RedisService('cache');",
};

const examples = globSync("**/*.ts", { cwd: LIBRARY }).flatMap((file) => examplesIn(join(LIBRARY, file)));

/** The `@example` blocks of a file, with the name of the class or interface. */
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

describe("the @example blocks", () => {
    const programs = examples.map(({ code }) =>
        [
            `import { Connection, ${COMPONENTS.join(", ")} } from "pulumi-drydock";`,
            ...Object.entries(DECLARATIONS).map(([name, text]) =>
                code.includes(`const ${name} =`) ? "" : text,
            ),
            code,
        ].join("\n"),
    );

    test("exist for every component", () => {
        expect(examples.map(({ of }) => of).sort()).toEqual(["Connection", ...COMPONENTS].sort());
    });

    test("compile, unlike a wrong one", () => {
        const [wrong, ...right] = compileErrors([
            'import { Task } from "pulumi-drydock"; new Task("x", {});',
            ...programs,
        ]);
        expect(wrong).toEqual([expect.stringContaining("'command' is missing")]);
        expect(right).toEqual(examples.map(() => []));
    });

    test.each(examples.map(({ of }, i) => [of, programs[i] ?? ""]))(
        "of %s declares containers",
        async (_, program) => {
            expect(await runProgram(program)).toContain(CONTAINER);
        },
    );
});

describe("the schema for other languages", () => {
    interface Described {
        description?: string;
        $ref?: string;
        additionalProperties?: Described;
        properties?: Record<string, Described>;
        inputProperties?: Record<string, Described>;
        enum?: Described[];
    }
    const text = schema();
    const { resources, types } = JSON.parse(text) as Record<string, Record<string, Described>>;

    test("is up to date (make schema)", () => {
        expect(readFileSync(join(ROOT, "provider/schema.json"), "utf8")).toBe(text);
    });

    test("has every component", () => {
        expect(Object.keys(resources ?? {}).sort()).toEqual(
            COMPONENTS.map((name) => `drydock:index:${name}`),
        );
    });

    test("describes every component, type, argument, output and value", () => {
        const bare = Object.entries({ ...resources, ...types }).flatMap(([name, type]) => [
            ...(type.description ? [] : [name]),
            ...Object.entries({ ...type.properties, ...type.inputProperties })
                .filter(([, { description }]) => !description)
                .map(([property]) => `${name}.${property}`),
            ...(type.enum ?? []).filter(({ description }) => !description).map(() => `${name} value`),
        ]);
        expect(bare).toEqual([]);
    });

    test("has one type for connections, which outputs and inputs share", () => {
        const connection = "#/types/drydock:index:Connection";
        expect(resources?.["drydock:index:PostgresService"]?.properties?.connection?.$ref).toBe(connection);
        expect(resources?.["drydock:index:RedisService"]?.properties?.connection?.$ref).toBe(connection);
        expect(resources?.["drydock:index:RailsWebApp"]?.inputProperties?.database?.$ref).toBe(connection);
        expect(Object.keys(types ?? {}).filter((name) => name.endsWith("Connection"))).toEqual([
            "drydock:index:Connection",
        ]);
    });

    test("takes any alias for a link: no value of a map has to be a connection", () => {
        for (const name of ["WebApp", "RailsWebApp", "Task"]) {
            const { links } = resources?.[`drydock:index:${name}`]?.inputProperties ?? {};
            expect(links?.additionalProperties).toEqual({ $ref: "pulumi.json#/Any" });
            const { endpoints } = resources?.[`drydock:index:${name}`]?.properties ?? {};
            if (name !== "Task") expect(endpoints?.additionalProperties).toEqual(links?.additionalProperties);
        }
        const inputs = Object.values(resources ?? {}).map(({ inputProperties }) => inputProperties);
        expect(JSON.stringify([inputs, types])).not.toMatch(
            /"additionalProperties":\{"\$ref":"[^"]*Connection"/,
        );
    });

    test("names types without Args, which generators add themselves", () => {
        expect(Object.keys(types ?? {}).filter((name) => name.endsWith("Args"))).toEqual([]);
        const references = [...text.matchAll(/"#\/types\/([^"]*)"/g)].map(([, token]) => token ?? "");
        expect(references.filter((token) => types?.[token] === undefined)).toEqual([]);
    });
});
