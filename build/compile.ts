/**
 * Writes the library's JavaScript into dist/: `node build/compile.ts`. It is CommonJS, which every Node and jest can
 * load, and the TypeScript compiler does not translate `import.meta` to it.
 */
import { type JscConfig, transformFileSync } from "@swc/core";
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const JSC: JscConfig & { rewriteRelativeImportExtensions: boolean } = {
    parser: { syntax: "typescript" },
    target: "es2022",
    // Missing from the types of @swc/core 1.16.
    rewriteRelativeImportExtensions: true,
};

for (const source of globSync("{cli,components,policies,provider,testing}/**/*.ts", {
    exclude: ["provider/generate.ts"],
})) {
    const target = join("dist", source.replace(/\.ts$/, ".js"));
    const { code, map = "" } = transformFileSync(source, {
        jsc: JSC,
        // So that Node finds the names for `import { ... }` too.
        module: { type: "commonjs", exportInteropAnnotation: true },
        sourceMaps: true,
        inlineSourcesContent: true,
    });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, `${code}//# sourceMappingURL=${basename(target)}.map\n`);
    writeFileSync(`${target}.map`, map);
}
// Scripts that containers, the docker command, psql and servers run, the schema, which components read too, and the image of a node.
for (const file of globSync([
    "{cli,components}/**/*.{sh,sql}",
    "provider/schema.json",
    "cli/cluster/node/Dockerfile",
]))
    cpSync(file, join("dist", file));
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
writeFileSync("dist/package.json", `${JSON.stringify({ type: "commonjs", version })}\n`);
