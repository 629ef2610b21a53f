import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clone } from "./clone.ts";

export interface Packed {
    filename: string;
    unpackedSize: number;
    files: { path: string }[];
}

/** A program that uses every part of the package. */
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
    import { policies } from "pulumi-drydock/policies";
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
        assert.ok(policies().length > 0);
    });`;

/** The package as npm would publish it. */
export function pack(clone: Clone): Packed {
    clone.shell("make build");
    return (JSON.parse(clone.shell("npm pack --json 2>/dev/null")) as [Packed])[0];
}

/** What the package says of the packages of Pulumi that it needs. */
function manifest(clone: Clone) {
    return JSON.parse(readFileSync(join(clone.dir, "package.json"), "utf8")) as {
        devDependencies: Record<string, string>;
        peerDependencies: Record<string, string>;
    };
}

export type Peers = Record<string, string>;

/** The versions of the peer dependencies that this repository uses. */
export function usedPeers(clone: Clone): Peers {
    const { devDependencies, peerDependencies } = manifest(clone);
    return Object.fromEntries(
        Object.keys(peerDependencies).map((name) => [name, devDependencies[name] ?? ""]),
    );
}

/** The lowest versions that the ranges of the peer dependencies allow. */
export function lowestPeers(clone: Clone): Peers {
    return Object.fromEntries(
        Object.entries(manifest(clone).peerDependencies).map(([name, range]) => {
            if (!/^\^\d+\.\d+\.\d+$/.test(range))
                throw new Error(`${name}: ${range} names no lowest version`);
            return [name, range.slice(1)];
        }),
    );
}

/** The ranges of the peer dependencies, of which npm installs the newest version. */
export function newestPeers(clone: Clone): Peers {
    return manifest(clone).peerDependencies;
}

/** A directory beside the clone's files, with a package.json of its own that has the packed package installed. */
export class Consumer {
    readonly directory: string;
    private readonly clone: Clone;

    constructor(clone: Clone, packed: Packed, name: string, peers: Peers, npmOptions = "--prefer-offline") {
        this.clone = clone;
        this.directory = join(clone.dir, name);
        mkdirSync(this.directory);
        const dependencies = {
            ...peers,
            "@types/node": manifest(clone).devDependencies["@types/node"],
            "pulumi-drydock": `file:../${packed.filename}`,
        };
        this.write("package.json", JSON.stringify({ name, dependencies }));
        // Fails if a version is outside of the range of the package.
        this.shell(`npm install ${npmOptions} --strict-peer-deps --no-audit --no-fund --loglevel=error`);
    }

    write(file: string, content: string): void {
        writeFileSync(join(this.directory, file), content);
    }

    /** Runs a command in the directory and returns its standard output. Throws if it fails. */
    shell(command: string): string {
        return this.clone.shell(
            `PATH=${this.clone.dir}/node_modules/.bin:$PATH; cd ${this.directory} && ${command}`,
        );
    }

    /** The version that is installed of a package. */
    version(name: string): string {
        const file = join(this.directory, "node_modules", name, "package.json");
        return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version.replace(/^v/, "");
    }

    /** What the TypeScript compiler says about the program, with all checks. */
    compile(file: string, module: string, moduleResolution: string): string {
        this.write(file, PROGRAM);
        const options = `--strict --noEmit --target es2022 --module ${module} --moduleResolution ${moduleResolution} --types node`;
        return this.shell(`tsc ${options} --skipLibCheck ${file} || true`);
    }

    /** What the TypeScript compiler says about the sources of the library with the packages that are installed here. */
    compileSources(): string {
        for (const source of ["components", "policies", "testing", "package.json", "tsconfig.json"])
            cpSync(join(this.clone.dir, source), join(this.directory, "sources", source), {
                recursive: true,
            });
        return this.shell("tsc --noEmit --project sources --types node || true");
    }

    /** Runs a test of a program with mocked providers, and returns the report of Node's test runner. */
    runTest(node = "node"): string {
        this.write("shop.test.mjs", TEST);
        return this.shell(`${node} --test --test-reporter=tap shop.test.mjs || true`);
    }
}

/** Installs a version of Node.js from npm and returns the path of its program. */
export function installNode(clone: Clone, version: string): string {
    const directory = join(clone.dir, `node-${version}`);
    mkdirSync(directory);
    writeFileSync(join(directory, "package.json"), "{}");
    const options = "--ignore-scripts=false --prefer-offline --no-audit --no-fund --loglevel=error";
    clone.shell(`cd ${directory} && npm install ${options} node@${version}`);
    return join(directory, "node_modules/.bin/node");
}
