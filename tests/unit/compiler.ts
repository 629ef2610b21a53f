import { join, resolve } from "node:path";
import ts from "typescript";

const ROOT = resolve(import.meta.dirname, "../..");

const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path));
const options: ts.CompilerOptions = {
    ...ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT).options,
    noUnusedLocals: false,
    verbatimModuleSyntax: false,
    paths: {
        "pulumi-drydock": [join(ROOT, "components/index.ts")],
        "pulumi-drydock/testing": [join(ROOT, "testing/index.ts")],
        "pulumi-drydock/policies": [join(ROOT, "policies/pack.ts")],
    },
};

/** The last program: TypeScript parses again only what is not among its files. */
let previous: ts.Program | undefined;

/** Compiles programs as if they were files beside the library, and returns the errors of each. */
export function compileErrors(programs: string[]): string[][] {
    const files = new Map(programs.map((program, i) => [join(ROOT, `example-${i}.ts`), program]));
    const host = ts.createCompilerHost(options);
    const getSourceFile = host.getSourceFile.bind(host);
    const fileExists = host.fileExists.bind(host);
    host.fileExists = (path) => files.has(path) || fileExists(path);
    host.getSourceFile = (path, language) => {
        const text = files.get(path);
        if (text !== undefined) return ts.createSourceFile(path, text, language);
        return previous?.getSourceFile(path) ?? getSourceFile(path, language);
    };
    const program = ts.createProgram([...files.keys()], options, host, previous);
    previous = program;
    return [...files.keys()].map((path) =>
        program
            .getSemanticDiagnostics(program.getSourceFile(path))
            .concat(program.getSyntacticDiagnostics(program.getSourceFile(path)))
            .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
    );
}
