import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { transformSync } from "@swc/core";
import * as drydock from "../../components/index.ts";
import * as testing from "../../testing/index.ts";
import { CONTAINER, run } from "../../testing/index.ts";

const ROOT = resolve(import.meta.dirname, "../..");

const MODULES: Record<string, unknown> = {
    drydock,
    "drydock/testing": testing,
    "@pulumi/pulumi": pulumi,
    "@pulumi/docker": docker,
    "node:assert/strict": assert,
};

const CONNECTION = { scheme: "postgres", host: "data-db", port: 5432, password: "x", network: "data" };

/** Runs a program against mocks, and returns the types of what it declares; contexts of builds are taken from the sample application. */
export async function runs(code: string): Promise<string[]> {
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
