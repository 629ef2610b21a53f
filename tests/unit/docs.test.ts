import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { load } from "js-yaml";
import * as drydock from "../../components/index.ts";
import { policies } from "../../policies/pack.ts";
import { CONTAINER, SERVICE } from "../../testing/index.ts";
import { compileErrors } from "./compiler.ts";
import { tableRows } from "./markdown.ts";
import { selfSigned } from "./gateway/self-signed.ts";
import { runProgram } from "./programs.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

const tracked = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
})
    .split("\n")
    .filter((file) => file !== "" && existsSync(join(ROOT, file)));
const pages = tracked.filter((file) => file.endsWith(".md"));
const isGenerated = (page: string) => read(page).startsWith("<!-- Generated");

interface Program {
    page: string;
    code: string;
}

/** Examples show parts of programs, and the reference shows docstrings: both have tests of their own. */
const programs: Program[] = pages
    .filter((page) => !page.startsWith("examples/") && !isGenerated(page))
    .flatMap((page) =>
        [...read(page).matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ""]) => ({
            page,
            code: complete(code),
        })),
    );

/** Adds the imports, and a call of the stack where the program is a file of stacks/. */
function complete(code: string): string {
    if (!code.includes("import ")) return `import { ${usedNames(code)} } from "pulumi-drydock";\n${code}`;
    const [, stack] = /^export function (\w+)\(\)/m.exec(code) ?? [];
    return stack === undefined
        ? code
        : `${code.replace('"../components/index.ts"', '"pulumi-drydock"')}\n${stack}();\n`;
}

function usedNames(code: string): string {
    return Object.keys(drydock)
        .filter((name) => code.includes(name))
        .join(", ");
}

describe("programs in the documentation", () => {
    const { certificate, key } = selfSigned(["*.example.com"]);

    beforeEach(() => {
        const secrets = [
            "registryPassword",
            "masterKey",
            "RAILS_MASTER_KEY",
            "STRIPE_KEY",
            "SAML_KEY",
            "annPassword",
            "gemToken",
        ];
        pulumi.runtime.setAllConfig({
            ...Object.fromEntries(secrets.map((name) => [`shop:${name}`, "x"])),
            "shop:tlsCertificate": certificate,
            "shop:tlsKey": key,
        });
    });
    afterEach(() => {
        pulumi.runtime.setAllConfig({});
    });

    test("are found", () => {
        expect(new Set(programs.map(({ page }) => page)).size).toBeGreaterThan(3);
    });

    test("compile", () => {
        const [wrong, ...found] = compileErrors([
            'import { Task } from "pulumi-drydock"; new Task("x", {});',
            ...programs.map(({ code }) => code),
        ]);
        expect(wrong).toEqual([expect.stringContaining("'command' is missing")]);
        expect(found.map((messages, i) => [programs[i]?.page, messages])).toEqual(
            programs.map(({ page }) => [page, []]),
        );
    });

    // The mocks ignore transforms; tests/e2e/resource-options.test.ts runs some.
    const runnable = programs.filter(
        ({ code }) => /new [A-Z]/.test(code) && !/transforms:|PolicyPack/.test(code),
    );
    test.each(runnable)("declare containers: $page", async ({ code }) => {
        const types = await runProgram(code);
        expect(types.filter((type) => type === CONTAINER || type === SERVICE)).not.toEqual([]);
    });
});

describe("links in the documentation", () => {
    const links = pages.flatMap((page) =>
        [
            ...withoutCode(read(page)).matchAll(
                /\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"|^\[[^\]]+\]: (\S+)$/gm,
            ),
        ].map(([, inline, html, reference]) => ({ page, link: inline ?? html ?? reference ?? "" })),
    );
    const relative = links.filter(({ link }) => !/^(https?|mailto):/.test(link));

    test("lead to files that exist", () => {
        const broken = relative.filter(({ page, link }) => !existsSync(join(ROOT, target(page, link).file)));
        expect(relative.length).toBeGreaterThan(50);
        expect(broken).toEqual([]);
    });

    test("lead to headings that exist", () => {
        const broken = relative.filter(({ page, link }) => {
            const { file, anchor } = target(page, link);
            return anchor !== undefined && file.endsWith(".md") && !anchorsOf(read(file)).includes(anchor);
        });
        expect(broken).toEqual([]);
    });

    test("reach every page under docs/ from its index", () => {
        const reached = new Set<string>();
        const visit = (page: string): void => {
            if (reached.has(page)) return;
            reached.add(page);
            const next = relative
                .filter((link) => link.page === page)
                .map(({ link }) => target(page, link).file);
            next.filter((file) => pages.includes(file)).forEach(visit);
        };
        visit("docs/README.md");
        expect(pages.filter((page) => page.startsWith("docs/") && !reached.has(page))).toEqual([]);
    });
});

function target(page: string, link: string): { file: string; anchor?: string } {
    const [path = "", anchor] = link.split("#");
    return { file: path === "" ? page : join(dirname(page), path), anchor };
}

function withoutCode(markdown: string): string {
    return markdown.replace(/^ *```.*?^ *```/gms, "").replace(/`[^`\n]*`/g, "");
}

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(markdown: string): string[] {
    return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
        heading
            .toLowerCase()
            .replace(/[^\w\- ]/g, "")
            .replaceAll(" ", "-"),
    );
}

describe("commands in the documentation", () => {
    const targets = [...read("Makefile").matchAll(/^([a-z-]+):.*##/gm)].map(([, name]) => name);

    test("are targets of the Makefile", () => {
        const used = pages.flatMap((page) =>
            [...read(page).matchAll(/(?:`|^ *|&& )make ([a-z][a-z-]*)/gm)].map(([, name]) => ({
                page,
                name,
            })),
        );
        expect(used.length).toBeGreaterThan(30);
        expect(used.filter(({ name }) => !targets.includes(name))).toEqual([]);
    });

    test("name tests that exist", () => {
        const paths = pages.flatMap((page) =>
            [...read(page).matchAll(/(?:\bjest |FILES=)((?:[\w-]+\/[\w/.-]+ ?)+)/g)].flatMap(
                ([, list = ""]) => list.trim().split(" "),
            ),
        );
        expect(paths).toContain("tests/unit/redis");
        expect(paths.filter((path) => !tracked.some((file) => file.startsWith(path)))).toEqual([]);
    });

    test("are all on the page about commands", () => {
        const page = read("docs/reference/commands.md");
        expect(targets.filter((name) => name !== "help" && !page.includes(`\`make ${name}`))).toEqual([]);
    });
});

test("the page about configuration has every setting with its type and default", () => {
    const { config } = load(read("Pulumi.yaml")) as {
        config: Record<string, { type: string; default: unknown }>;
    };
    const expected = Object.entries(config).map(([name, { type, default: value }]) => [
        `\`${name}\``,
        type,
        value === "" ? "" : `\`${String(value)}\``,
    ]);
    const section = read("docs/reference/configuration.md").split("\n## ")[1] ?? "";
    expect(tableRows(section).map((cells) => cells.slice(0, 3))).toEqual(expected);
});

test("the page about policies has every policy with its level", () => {
    const expected = policies().map(({ name, enforcementLevel }) => [`\`${name}\``, enforcementLevel]);
    const [section = ""] = read("docs/reference/policies.md").split("\n## ");
    expect(tableRows(section).map((cells) => cells.slice(0, 2))).toEqual(expected);
});

describe("the page about troubleshooting", () => {
    /** Messages of Docker and Pulumi. */
    const upstream = [
        "Cannot connect to the Docker daemon",
        "all predefined address pools have been fully subnetted",
        "cannot be deleted because it is protected",
        "currently marked for protection",
        "incorrect passphrase",
        "sha256:",
    ];
    const sources = tracked
        .filter((file) => /^(cli|components|policies|toolchain)\/.*\.(ts|sh)$/.test(file))
        .filter((file) => !file.endsWith(".test.ts"))
        .map(read)
        .join("\n");
    const messages = tableRows(read("docs/how-to/troubleshooting.md")).flatMap(([symptom = ""]) =>
        [...symptom.matchAll(/`([^`]+)`/g)].map(([, message = ""]) => message),
    );

    test("quotes messages as the code has them", () => {
        const isKnown = (message: string) =>
            // Values in a message are written as examples, or as three dots.
            message.split(/\.\.\.|\b\d+\b|\bdev\b|^ports\S+ /).every((part) => sources.includes(part.trim()));
        expect(messages.length).toBeGreaterThan(15);
        expect(
            messages.filter((message) => !upstream.includes(message.replace("...", "")) && !isKnown(message)),
        ).toEqual([]);
    });
});

test("the README has at most 120 lines and explains every entry of the repository's root", () => {
    const readme = read("README.md");
    const patterns = [...readme.matchAll(/`([^`\s]+)`/g)].map(([, path = ""]) => path.replace(/\/$/, ""));
    const explained = (entry: string) =>
        patterns.some((pattern) =>
            new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`).test(entry),
        );
    const entries = [...new Set(tracked.map((file) => file.split("/")[0] ?? ""))];
    expect(entries.filter((entry) => entry !== "README.md" && !explained(entry))).toEqual([]);
    expect(readme.split("\n").length).toBeLessThanOrEqual(120);
});

test("the reference is up to date (make docs)", () => {
    const out = mkdtempSync(join(tmpdir(), "drydock-reference-"));
    execFileSync(process.execPath, ["docs/generate.ts", out], { cwd: ROOT });
    const generated = (directory: string) =>
        Object.fromEntries(
            readdirSync(directory)
                .map((file) => [file, readFileSync(join(directory, file), "utf8")] as const)
                .filter(([, text]) => text.startsWith("<!-- Generated")),
        );
    expect(Object.keys(generated(out))).toContain("redis-service.md");
    expect(generated(join(ROOT, "docs/reference"))).toEqual(generated(out));
    rmSync(out, { recursive: true });
});
