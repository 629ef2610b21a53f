import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import assert from "node:assert/strict";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { transformSync } from "@swc/core";
import * as drydock from "../../components";
import * as testing from "../../testing";
import { CONTAINER, run } from "../../testing";
import { problems } from "./compiler";

const ROOT = resolve(__dirname, "../..");

interface Block {
    page: string;
    code: string;
}

const pages = ["README.md", ...readdirSync(join(ROOT, "docs")).map((file) => `docs/${file}`)];

/** The TypeScript on the pages, with what the pages leave out. */
const blocks: Block[] = pages
    .filter((page) => page.endsWith(".md"))
    .flatMap((page) =>
        [...readFileSync(join(ROOT, page), "utf8").matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ""]) => ({
            page,
            code: code.includes("import ") ? code : `import { ${names(code)} } from "drydock";\n${code}`,
        })),
    );

/** What a block uses of the library. */
function names(code: string): string {
    return Object.keys(drydock)
        .filter((name) => code.includes(name))
        .join(", ");
}

const MODULES: Record<string, unknown> = {
    ...{ drydock, "drydock/testing": testing, "@pulumi/pulumi": pulumi, "@pulumi/docker": docker },
    "node:assert/strict": assert,
};

const CONNECTION = { scheme: "postgres", host: "data-db", port: 5432, password: "x", network: "data" };

/** Runs a block against mocks; contexts of builds are taken from the sample application. */
async function runs(code: string): Promise<string[]> {
    const there = code.replace(/context: "[^"]*"/g, `context: "${join(ROOT, "apps/sample")}"`);
    const { code: plain } = transformSync(there, {
        jsc: { parser: { syntax: "typescript" }, target: "es2022" },
        module: { type: "commonjs" },
    });
    // A block on the pages is a program, and is run as one.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const program = new Function("require", "exports", plain) as (require: unknown, exports: object) => void;
    if (code.includes("drydock/testing")) return testRuns(program);
    const { declared } = await run(
        () => {
            const exported = {};
            program((name: string) => MODULES[name], exported);
            return exported;
        },
        { stacks: { "organization/data/production": { connection: CONNECTION } } },
    );
    return declared.map(({ type }) => type);
}

/** Runs a block that is a test, to its end. */
async function testRuns(program: (require: unknown, exports: object) => void): Promise<string[]> {
    const tests: Promise<void>[] = [];
    const runner = { test: (_name: string, body: () => Promise<void>) => tests.push(body()) };
    program((name: string) => (name === "node:test" ? runner : MODULES[name]), {});
    await Promise.all(tests);
    return tests.map(() => CONTAINER);
}

test("there are programs on the pages", () => {
    expect(new Set(blocks.map(({ page }) => page)).size).toBeGreaterThan(3);
});

test("every program on a page compiles, and a wrong one would not", () => {
    const [wrong, ...right] = problems([
        'import { Task } from "drydock"; new Task("x", {});',
        ...blocks.map(({ code }) => code),
    ]);
    expect(wrong).toEqual([expect.stringContaining("'command' is missing")]);
    expect(right.map((found, i) => [blocks[i]?.page, found])).toEqual(blocks.map(({ page }) => [page, []]));
});

describe("every program on a page declares resources", () => {
    beforeEach(() => {
        pulumi.runtime.setAllConfig({ "shop:registryPassword": "x", "shop:masterKey": "y" });
    });
    afterEach(() => {
        pulumi.runtime.setAllConfig({});
    });

    // Mocks know no transforms; tests/e2e/options.test.ts runs some.
    test.each(blocks.filter(({ code }) => code.includes("new ") && !code.includes("transforms:")))(
        "$page",
        async ({ code }) => {
            expect(await runs(code)).toContain(CONTAINER);
        },
    );
});

test("the reference is as make docs writes it", () => {
    const out = mkdtempSync(join(tmpdir(), "drydock-reference-"));
    const options = [
        "--options",
        "docs/typedoc.json",
        "--out",
        out,
        "--logLevel",
        "Warn",
        "--treatWarningsAsErrors",
    ];
    execFileSync(join(ROOT, "node_modules/.bin/typedoc"), options, { cwd: ROOT });
    const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((file) =>
        file.endsWith(".md"),
    );
    const read = (folder: string) => files.map((file) => readFileSync(join(folder, file), "utf8"));
    expect(files.length).toBeGreaterThan(2);
    expect(read(join(ROOT, "docs/reference"))).toEqual(read(out));
    rmSync(out, { recursive: true });
}, 60_000);
