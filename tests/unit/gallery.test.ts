import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { load } from "js-yaml";
import { diagram } from "../../cli/pr/diagram.ts";
import { type Declared, GENERATED, run } from "../../testing/index.ts";
import { evaluate } from "./programs.ts";
import { inDirectory } from "./working-directory.ts";

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

/** The resources that an example declares with its default config. */
async function declaredBy(name: string): Promise<Declared[]> {
    const { config = {} } = project(name);
    const defaults = Object.entries(config).map(([key, value]) => [`${name}:${key}`, String(value.default)]);
    pulumi.runtime.setAllConfig(Object.fromEntries(defaults) as Record<string, string>);
    const directory = join(ROOT, "examples", name);
    const program = readFileSync(join(directory, "index.ts"), "utf8");
    const { declared } = await inDirectory(directory, () => run(() => evaluate(program), { project: name }));
    return declared;
}

async function section(name: string): Promise<string> {
    const resources = (await declaredBy(name)).map((resource) => ({
        ...resource,
        component: resource.parent.split(" ")[0],
    }));
    const { description } = project(name);
    const chart = diagram(resources).replaceAll(`:${GENERATED.port}`, ", port chosen");
    const lines = [`### [${name}](../examples/${name}/README.md)`, `${description}.`];
    return [...lines, `\`\`\`mermaid\n${chart}\n\`\`\``].join("\n\n");
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

test.each(EXAMPLES)("the README of %s quotes its program", (name) => {
    const withoutSpace = (code: string) => code.replace(/\s+/g, "");
    const read = (file: string) => readFileSync(join(ROOT, "examples", name, file), "utf8");
    const program = withoutSpace(read("index.ts"));
    const quotes = [...read("README.md").matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) =>
        withoutSpace(code),
    );
    expect(quotes.length).toBeGreaterThan(0);
    expect(quotes.filter((code) => !program.includes(code))).toEqual([]);
});
