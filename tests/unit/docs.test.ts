import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as drydock from "../../components/index.ts";
import { CONTAINER } from "../../testing/index.ts";
import { problems } from "./compiler.ts";
import { runs } from "./programs.ts";

const ROOT = resolve(import.meta.dirname, "../..");

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
            code: complete(code),
        })),
    );

/** A block as a program: with its imports, and with a call of the stack that it declares, a file of stacks/. */
function complete(code: string): string {
    if (!code.includes("import ")) return `import { ${names(code)} } from "drydock";\n${code}`;
    const [, stack] = /^export function (\w+)\(\)/m.exec(code) ?? [];
    return stack === undefined ? code : `${code.replace('"../components"', '"drydock"')}\n${stack}();\n`;
}

/** What a block uses of the library. */
function names(code: string): string {
    return Object.keys(drydock)
        .filter((name) => code.includes(name))
        .join(", ");
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
    execFileSync(process.execPath, ["docs/generate.ts", out], {
        cwd: ROOT,
        stdio: ["ignore", "inherit", "pipe"],
    });
    const contents = (directory: string) =>
        Object.fromEntries(
            readdirSync(directory)
                .map((file) => [file, readFileSync(join(directory, file), "utf8")] as const)
                .filter(([, text]) => text.startsWith("<!-- Generated")),
        );
    expect(Object.keys(contents(out))).toContain("redis-service.md");
    expect(contents(join(ROOT, "docs/reference"))).toEqual(contents(out));
    rmSync(out, { recursive: true });
}, 60_000);
