import { parse, parseDocument, stringify } from "yaml";
import type { Facts } from "./detect.ts";
import { dockerfile, dockerignore } from "./dockerfile.ts";
import { Code, type Expression, type Program, type Stack } from "./model.ts";
import { ownPackage } from "./own-package.ts";
import { PACKAGE_NAME } from "../package-name.ts";
import { printProgram } from "./print.ts";
import { PROJECT_DIRECTORY } from "./translate/container.ts";
import { workflows } from "./workflows.ts";

/** Quotes strings that YAML 1.1 reads as another type, such as `off`. */
const YAML_OPTIONS = { compat: "yaml-1.1", lineWidth: 0 } as const;

/** A file that `init` writes. */
export interface PlannedFile {
    /** Path relative to the application's directory. */
    path: string;
    content: string;
    /** Content that an earlier run wrote before it had all answers. It is replaced without a question. */
    supersedes?: string;
    /** Lines to add to an existing file, instead of replacing it. */
    addition?: string;
}

/** All files of a program. */
export function planFiles(program: Program, facts: Facts): PlannedFile[] {
    const inProject = (name: string, content: string) => ({ path: `${PROJECT_DIRECTORY}/${name}`, content });
    return [
        inProject("Pulumi.yaml", projectFile(program)),
        inProject("index.ts", printProgram(program)),
        inProject("package.json", packageJson(program)),
        inProject("tsconfig.json", TSCONFIG),
        inProject(".gitignore", GITIGNORE),
        ...program.stacks
            .flatMap((stack) => stackFile(program, stack))
            .map(({ name, content }) => inProject(name, content)),
        ...buildFiles(program, facts),
        ...workflows(program),
    ];
}

function projectFile({ name, settings }: Program): string {
    const config = Object.fromEntries(
        settings.map(({ name, type, default: initial, description }) => [
            name,
            { type, ...(initial !== undefined && { default: initial }), description },
        ]),
    );
    return stringify(
        {
            name,
            description: `${name} and what it needs, on Docker`,
            runtime: { name: "nodejs", options: { packagemanager: "npm" } },
            ...(settings.length > 0 && { config }),
        },
        YAML_OPTIONS,
    );
}

/** Pulumi.<stack>.yaml. Secrets are set by Pulumi, which encrypts them. */
function stackFile({ name: project }: Program, { name, values }: Stack): { name: string; content: string }[] {
    const config = Object.fromEntries(
        Object.entries(values).map(([key, value]) => [
            key.includes(":") ? key : `${project}:${key}`,
            String(value),
        ]),
    );
    if (Object.keys(config).length === 0) return [];
    return [{ name: `Pulumi.${name}.yaml`, content: stringify({ config }, YAML_OPTIONS) }];
}

/** Keeps the secrets and other settings that the configuration of a stack already has. Other files are replaced. */
export function keepOwnSettings({ path, content }: PlannedFile, existing: string): string {
    if (!/(^|\/)Pulumi\.[^/]+\.yaml$/.test(path)) return content;
    const document = parseDocument(existing, YAML_OPTIONS);
    const { config } = parse(content) as { config: Record<string, string> };
    const missing = Object.entries(config).filter(
        ([key, value]) => String(document.getIn(["config", key])) !== value,
    );
    if (missing.length === 0) return existing;
    for (const [key, value] of missing) document.setIn(["config", key], value);
    return document.toString(YAML_OPTIONS);
}

function packageJson({ name }: Program): string {
    const { version, peerDependencies, devDependencies } = ownPackage();
    const tested = (packages: string[]) =>
        Object.fromEntries(packages.map((name) => [name, devDependencies[name] ?? ""]));
    const pulumi = Object.keys(peerDependencies).filter((name) => name !== "@pulumi/policy");
    const content = {
        name: `${name}-infra`.replace(/[^a-z0-9._-]/g, "-"),
        private: true,
        scripts: { check: "tsc --noCheck false" },
        dependencies: sortKeys({ ...tested(pulumi), [PACKAGE_NAME]: `^${version}` }),
        devDependencies: tested(["@types/node", "ts-node", "typescript"]),
    };
    return `${JSON.stringify(content, undefined, 2)}\n`;
}

function sortKeys(record: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(record).sort(([a], [b]) => a.localeCompare(b)));
}

/** Updates do not check types, which takes seconds: `npm run check` does. */
const TSCONFIG = `${JSON.stringify(
    {
        compilerOptions: {
            target: "es2022",
            module: "node16",
            moduleResolution: "node16",
            types: ["node"],
            strict: true,
            noUncheckedIndexedAccess: true,
            skipLibCheck: true,
            noEmit: true,
            noCheck: true,
        },
    },
    undefined,
    2,
)}\n`;

const GITIGNORE = `node_modules/
# State and settings of this machine
.drydock/
Pulumi.dev.yaml
`;

/** A Dockerfile if the application is built and has none, and a .dockerignore. */
function buildFiles(program: Program, facts: Facts): PlannedFile[] {
    const { files } = facts;
    const isBuiltHere = program.components.some(({ args }) => {
        const { build } = args;
        return isObject(build) && build.context === ".." && build.dockerfile === undefined;
    });
    const usesContext = program.components.some(
        ({ args: { build } }) => isObject(build) && build.context === "..",
    );
    const planned: PlannedFile[] = [];
    if (isBuiltHere && files.read("Dockerfile") === undefined)
        planned.push({ path: "Dockerfile", content: dockerfile(facts, program) });
    if (usesContext) {
        const ignored = files.read(".dockerignore");
        const addition = `\n# The Pulumi program, which would build the image again at each of its changes\n/${PROJECT_DIRECTORY}/\n`;
        if (ignored === undefined) planned.push({ path: ".dockerignore", content: dockerignore() });
        else if (!new RegExp(`^/?${PROJECT_DIRECTORY}/?\\s*$`, "m").test(ignored))
            planned.push({ path: ".dockerignore", content: ignored + addition, addition });
    }
    return planned;
}

function isObject(value: Expression | undefined): value is Record<string, Expression | undefined> {
    return typeof value === "object" && !Array.isArray(value) && !(value instanceof Code);
}
