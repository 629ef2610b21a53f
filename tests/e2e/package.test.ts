import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Clone } from "./clone.ts";

interface Packed {
    filename: string;
    unpackedSize: number;
    files: { path: string }[];
}

const PROGRAM = `
    import * as pulumi from "@pulumi/pulumi";
    import { Connection, LinkStyle, PostgresService, RailsWebApp, Task, parseConnection } from "pulumi-drydock";
    import { policies } from "pulumi-drydock/policies";
    import { run } from "pulumi-drydock/testing";
    const db = new PostgresService("db");
    const elsewhere: Connection = parseConnection("redis://cache.example.com");
    const shop = new RailsWebApp("shop", { image: "shop:1", database: db.connection, redis: elsewhere });
    new Task("seed", { image: shop.image, command: ["seed"], links: { db: db.connection }, linkStyle: LinkStyle.Docker });
    export const url: pulumi.Output<string> = shop.url;
    export const others = [policies, run];
    // @ts-expect-error
    new Task("bad", {});`;

/** A test of a user's program, for Node's test runner. */
const TEST = `
    import assert from "node:assert/strict";
    import { test } from "node:test";
    import { PostgresService, RailsWebApp } from "pulumi-drydock";
    import { CONTAINER, run } from "pulumi-drydock/testing";
    test("the shop is linked to its database, and the connection is secret", async () => {
        const { one, outputs } = await run(() => {
            const db = new PostgresService("db");
            const shop = new RailsWebApp("shop", { image: "shop:1", database: db.connection, publish: { port: 3000 } });
            return { url: shop.url, connection: db.connection };
        }, { project: "team" });
        assert.equal(outputs.url.value, "http://127.0.0.1:3000");
        assert.ok(outputs.connection.secret);
        assert.match(one(CONTAINER, "shop").inputs.envs.join(), /DATABASE_URL=postgres:\\/\\/app:.*@team-dev-db:5432\\/app/);
        assert.throws(() => one(CONTAINER, "nothing"), /0 resources match/);
    });`;

describe("the npm package", () => {
    const clone = new Clone();
    const team = join(clone.dir, "team");
    let packed: Packed;
    const inTeam = (command: string) =>
        clone.shell(`PATH=${clone.dir}/node_modules/.bin:$PATH; cd team && ${command}`);

    beforeAll(() => {
        clone.shell("make build");
        packed = (JSON.parse(clone.shell("npm pack --json 2>/dev/null")) as [Packed])[0];
        mkdirSync(team);
        const versions = [
            "@pulumi/command",
            "@pulumi/docker",
            "@pulumi/policy",
            "@pulumi/pulumi",
            "@pulumi/random",
            "@types/node",
        ];
        const manifest = JSON.parse(clone.shell("cat package.json")) as {
            devDependencies: Record<string, string>;
        };
        const dependencies = Object.fromEntries(
            versions.map((name) => [name, manifest.devDependencies[name]]),
        );
        const drydock = `file:../${packed.filename}`;
        writeFileSync(
            join(team, "package.json"),
            JSON.stringify({ name: "team", dependencies: { ...dependencies, "pulumi-drydock": drydock } }),
        );
        inTeam("npm install --prefer-offline --no-audit --no-fund --loglevel=error");
    });
    afterAll(() => clone.dispose());

    test("contains the compiled library, and no tests or generators", () => {
        const directories = new Set(
            packed.files.map(({ path }) =>
                path.startsWith("dist/cli/") ? "dist/cli" : path.split("/").slice(0, -1).join("/"),
            ),
        );
        expect([...directories].sort()).toEqual([
            "",
            "dist",
            "dist/cli",
            "dist/components",
            "dist/components/container",
            "dist/components/data-service",
            "dist/components/engines",
            "dist/components/engines/docker",
            "dist/components/engines/swarm",
            "dist/components/postgres",
            "dist/components/redis",
            "dist/components/service",
            "dist/components/shared",
            "dist/components/volume",
            "dist/components/web",
            "dist/policies",
            "dist/policies/rules",
            "dist/provider",
            "dist/testing",
            "policies",
        ]);
        const top = packed.files.map(({ path }) => path).filter((path) => !path.startsWith("dist/"));
        expect(top.sort()).toEqual([
            "CHANGELOG.md",
            "LICENSE",
            "PulumiPlugin.yaml",
            "README.md",
            "package.json",
            "policies/PulumiPolicy.yaml",
            "policies/package.json",
        ]);
        expect(packed.files.map(({ path }) => path).join()).not.toMatch(/test\.|generate/);
        expect(packed.unpackedSize).toBeLessThan(2_500_000);
    });

    test.each([
        ["program.cts", "node16", "node16"],
        ["program.mts", "node16", "node16"],
        ["program.ts", "esnext", "bundler"],
    ])("compiles strictly in %s, module %s, resolution %s", (file, module, moduleResolution) => {
        writeFileSync(join(team, file), PROGRAM);
        const options = `--strict --noEmit --target es2022 --module ${module} --moduleResolution ${moduleResolution} --types node`;
        expect(inTeam(`tsc ${options} --skipLibCheck ${file} || true`)).toBe("");
    });

    test.each([
        ["CommonJS", `--eval 'console.log(typeof require("pulumi-drydock").RedisService)'`],
        [
            "ES modules",
            `--input-type=module --eval 'import { RedisService } from "pulumi-drydock"; console.log(typeof RedisService)'`,
        ],
    ])("is imported by %s, without output", (_, args) => {
        expect(inTeam(`node ${args} 2>&1`)).toBe("function\n");
    });

    test("has a policy pack", () => {
        writeFileSync(join(team, "Pulumi.yaml"), "name: team\nruntime: nodejs\nmain: stack.cjs\n");
        const program = `const docker = require("@pulumi/docker"); new docker.Container("c", { image: "redis:latest" });`;
        writeFileSync(join(team, "stack.cjs"), program);
        const output = clone.shell(`. ./env; mkdir -p .drydock/state; cd team; pulumi stack init policed;
            pulumi preview --stack policed --policy-pack node_modules/pulumi-drydock/policies 2>&1 || echo refused`);
        expect(output).toMatch(/redis:latest can be a different image in the next update.*refused/s);
    });

    test.each(["drydock", "pulumi-drydock"])("has the command %s", (name) => {
        expect(inTeam(`node_modules/.bin/${name} --version`)).toMatch(/^\d+\.\d+\.\d+\n$/);
        const output = clone.shell(
            `. ./env; cd team; node_modules/.bin/${name} status --stack dev 2>&1 || echo $?`,
        );
        expect(output).toMatch(/has no stack dev.*2\n$/s);
    });

    test("has a testing kit for any test runner", () => {
        writeFileSync(join(team, "shop.test.mjs"), TEST);
        expect(inTeam("node --test shop.test.mjs")).toMatch(/pass 1\n/);
    });
});
