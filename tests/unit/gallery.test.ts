import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { load } from "js-yaml";
import { diagram } from "../../preview/diagram.ts";
import { type Declared, GENERATED, run } from "../../testing/index.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const TUTORIAL = join(ROOT, "docs/tutorial.md");
const EXAMPLES = readdirSync(join(ROOT, "examples"));

interface Project {
    name: string;
    description: string;
    config?: Record<string, { default: unknown }>;
}

const project = (name: string) =>
    load(readFileSync(join(ROOT, "examples", name, "Pulumi.yaml"), "utf8")) as Project;

/** What an example declares with its default settings. */
async function declared(name: string): Promise<Declared[]> {
    const { config = {} } = project(name);
    const settings = Object.entries(config).map(([key, value]) => [`${name}:${key}`, String(value.default)]);
    pulumi.runtime.setAllConfig(Object.fromEntries(settings) as Record<string, string>);
    const folder = process.cwd();
    process.chdir(join(ROOT, "examples", name));
    try {
        const result = await run(
            () => {
                // A program runs when it is loaded: here, where there are mocks to run it against.
                // eslint-disable-next-line @typescript-eslint/no-require-imports
                const outputs = require(join(ROOT, "examples", name, "index.ts")) as object;
                return Object.fromEntries(
                    Object.entries(outputs).map(([key, value]) => [key, pulumi.output<unknown>(value)]),
                );
            },
            { project: name },
        );
        return result.declared;
    } finally {
        process.chdir(folder);
    }
}

async function section(name: string): Promise<string> {
    const resources = (await declared(name)).map((resource) => ({
        ...resource,
        component: resource.parent.split(" ")[0],
    }));
    const { description } = project(name);
    const drawn = diagram(resources).replaceAll(`:${GENERATED.port}`, ", port chosen");
    const lines = [`### [${name}](../examples/${name}/README.md)`, `${description}.`];
    return [...lines, `\`\`\`mermaid\n${drawn}\n\`\`\``].join("\n\n");
}

test("the diagrams in the tutorial show what the examples declare (make gallery)", async () => {
    const sections: string[] = [];
    for (const name of EXAMPLES) sections.push(await section(name));
    const [begin, end] = ["<!-- gallery -->\n\n", "\n\n<!-- end of gallery -->"];
    const tutorial = readFileSync(TUTORIAL, "utf8");
    const from = tutorial.indexOf(begin) + begin.length;
    const expected = tutorial.slice(0, from) + sections.join("\n\n") + tutorial.slice(tutorial.indexOf(end));
    if (process.env.GALLERY === "write") writeFileSync(TUTORIAL, expected);
    else expect(tutorial).toBe(expected);
});

test.each(EXAMPLES)("what the README of %s shows of its program is in it", (name) => {
    const plain = (code: string) => code.replace(/\s+/g, "");
    const read = (file: string) => readFileSync(join(ROOT, "examples", name, file), "utf8");
    const program = plain(read("index.ts"));
    const shown = [...read("README.md").matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => plain(code));
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.filter((code) => !program.includes(code))).toEqual([]);
});
