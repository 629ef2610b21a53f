import { join, resolve } from "node:path";
import ts from "typescript";

const ROOT = resolve(import.meta.dirname, "../..");

/** Compiles programs as if they were files beside the library, and returns the errors of each. */
export function compileErrors(programs: string[]): string[][] {
    const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path));
    const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
    const files = new Map(programs.map((program, i) => [join(ROOT, `example-${i}.ts`), program]));
    const paths = {
        "pulumi-drydock": [join(ROOT, "components/index.ts")],
        "pulumi-drydock/testing": [join(ROOT, "testing/index.ts")],
        "pulumi-drydock/policies": [join(ROOT, "policies/pack.ts")],
    };
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
        { ...options, noUnusedLocals: false, verbatimModuleSyntax: false, paths },
        host,
    );
    return [...files.keys()].map((path) =>
        program
            .getSemanticDiagnostics(program.getSourceFile(path))
            .concat(program.getSyntacticDiagnostics(program.getSourceFile(path)))
            .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
    );
}
