import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { transformSync } from "@swc/core";
import * as drydock from "../../components/index.ts";
import * as testing from "../../testing/index.ts";
import { CONTAINER, run } from "../../testing/index.ts";

const nodeRequire = createRequire(import.meta.url);

const ROOT = resolve(import.meta.dirname, "../..");

/** Lines NAME=value. */
const FILE = join(ROOT, ".npmrc");

const MODULES: Record<string, unknown> = {
    "pulumi-drydock": drydock,
    "pulumi-drydock/testing": testing,
    "@pulumi/pulumi": pulumi,
    "@pulumi/docker": docker,
};

const CONNECTION = { scheme: "postgres", host: "data-db", port: 5432, password: "x", network: "data" };

/**
 * Runs a program with mocked providers and returns the types of its resources. Builds use the sample application, and local
 * files are one of the project.
 */
export async function runProgram(code: string): Promise<string[]> {
    const buildable = code
        .replace(/context: "[^"]*"/g, `context: "${join(ROOT, "apps/sample")}"`)
        .replace(/\{ source: "[^"]*"/g, `{ source: "${FILE}"`)
        .replace(/path: "\.env"/g, `path: "${FILE}"`);
    if (code.includes("pulumi-drydock/testing")) return runTests(buildable);
    const { declared } = await run(() => evaluate(buildable), {
        stacks: {
            "organization/data/production": { connection: CONNECTION },
            "acme/front/production": { gateway: { ...CONNECTION, scheme: "http" } },
        },
    });
    return declared.map(({ type }) => type);
}

/** Runs a program that contains tests. */
async function runTests(code: string): Promise<string[]> {
    const tests: Promise<void>[] = [];
    const runner = { test: (_name: string, body: () => Promise<void>) => tests.push(body()) };
    evaluate(code, { "node:test": runner });
    await Promise.all(tests);
    return tests.map(() => CONTAINER);
}

/**
 * Evaluates a program in TypeScript and returns its exports. It imports the library by its name.
 *
 * @param modules that it gets instead of the real ones, by name
 */
export function evaluate(code: string, modules: Record<string, unknown> = {}): object {
    const { code: javascript } = transformSync(code, {
        jsc: { parser: { syntax: "typescript" }, target: "es2022" },
        module: { type: "commonjs" },
    });
    // The code is from our own documentation, examples and `drydock init`.
    // oxlint-disable-next-line typescript/no-implied-eval
    const program = new Function("require", "exports", javascript) as (
        require: (name: string) => unknown,
        exports: object,
    ) => void;
    const exported = {};
    program((name) => modules[name] ?? MODULES[name] ?? (nodeRequire(name) as unknown), exported);
    return exported;
}
