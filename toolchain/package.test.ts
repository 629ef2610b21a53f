import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

interface Manifest {
    dependencies?: Record<string, string>;
    devDependencies: Record<string, string>;
}

const ROOT = join(import.meta.dirname, "..");

function dependenciesOf(directory: string): Record<string, string> {
    const { dependencies, devDependencies } = JSON.parse(
        readFileSync(join(directory, "package.json"), "utf8"),
    ) as Manifest;
    return { ...dependencies, ...devDependencies };
}

/** Names of the modules that the workspace's TypeScript files import. */
function imports(files: string[]): { file: string; module: string }[] {
    return files.flatMap((file) => {
        const source = readFileSync(join(import.meta.dirname, file), "utf8");
        return [...source.matchAll(/^(?:import|export|\}) [^;]*?from "([^"]+)";$/gm)].map(
            ([, module = ""]) => ({
                file,
                module,
            }),
        );
    });
}

describe("the workspace", () => {
    const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts"], {
        cwd: import.meta.dirname,
        encoding: "utf8",
    })
        .split("\n")
        .filter(Boolean);
    const dependencies = dependenciesOf(import.meta.dirname);

    test("pins the same versions as the product", () => {
        const product = dependenciesOf(ROOT);
        const shared = Object.keys(dependencies).filter((name) => name in product);
        expect(shared).toContain("@pulumi/pulumi");
        const versions = (of: Record<string, string>) => shared.map((name) => `${name}@${of[name]}`);
        expect(versions(dependencies)).toEqual(versions(product));
    });

    test("lists every package that it imports", () => {
        const packages = imports(files)
            .filter(({ module }) => !/^(\.|node:)/.test(module))
            .map(({ module }) => (/^(@[^/]+\/)?[^/]+/.exec(module) ?? [""])[0]);
        expect(packages).toContain("dockerode");
        expect([...new Set(packages)].filter((name) => !(name in dependencies))).toEqual([]);
    });

    test("imports nothing from the rest of the repository, except in tests", () => {
        const outside = imports(files.filter((file) => !file.endsWith(".test.ts")))
            .filter(({ module }) => module.startsWith("."))
            .filter(({ file, module }) => relative(".", join(dirname(file), module)).startsWith(".."));
        expect(outside).toEqual([]);
    });
});
