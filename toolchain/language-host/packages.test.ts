import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installedPackages, pluginPackages, type Manifest } from "./packages.ts";
import { write } from "./testing.ts";

let directory: string;

beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "packages-"));
});

afterEach(() => {
    rmSync(directory, { recursive: true });
});

function manifests(of: Record<string, Manifest>): void {
    write(
        directory,
        Object.fromEntries(
            Object.entries(of).map(([path, manifest]) => [
                join(path, "package.json"),
                JSON.stringify(manifest),
            ]),
        ),
    );
}

function found(program = "."): string[] {
    return installedPackages(join(directory, program)).map(({ name, version }) => `${name}@${version}`);
}

describe("the packages of a program", () => {
    test("are its dependencies, not everything in node_modules", () => {
        manifests({
            ".": { dependencies: { a: "1" }, devDependencies: { tool: "1" } },
            "node_modules/a": {
                name: "a",
                version: "1.0.0",
                dependencies: { b: "1" },
                devDependencies: { c: "1" },
            },
            "node_modules/b": { name: "b", version: "1.1.0" },
            "node_modules/c": { name: "c", version: "1.2.0" },
            "node_modules/tool": { name: "tool", version: "1.3.0" },
        });
        expect(found()).toEqual(["a@1.0.0", "tool@1.3.0", "b@1.1.0"]);
        expect(installedPackages(directory).filter(({ direct }) => direct)).toHaveLength(2);
    });

    test("are found nested, hoisted and linked", () => {
        manifests({
            "program/src": {},
            program: { dependencies: { a: "1", linked: "1", missing: "1" } },
            "program/node_modules/a": { name: "a", version: "1.0.0", dependencies: { b: "2" } },
            "program/node_modules/a/node_modules/b": {
                name: "b",
                version: "2.0.0",
                dependencies: { c: "1" },
            },
            "node_modules/b": { name: "b", version: "1.0.0" },
            "node_modules/c": { name: "c", version: "1.0.0" },
            "store/linked": { name: "linked", version: "3.0.0", dependencies: { beside: "1" } },
            "store/node_modules/beside": { name: "beside", version: "4.0.0" },
        });
        rmSync(join(directory, "program/src/package.json"));
        symlinkSync("../../store/linked", join(directory, "program/node_modules/linked"));
        expect(found("program/src").sort()).toEqual([
            "a@1.0.0",
            "b@2.0.0",
            "beside@4.0.0",
            "c@1.0.0",
            "linked@3.0.0",
        ]);
    });

    test("are empty without a package.json", () => {
        expect(found()).toEqual([]);
    });
});

describe("the required plugins", () => {
    const parameterization = { name: "child", version: "1.0.0", value: "e30=" };

    test.each<[string, Manifest, object[]]>([
        [
            "an official SDK",
            { name: "@pulumi/docker", version: "5.2.0", pulumi: { resource: true } },
            [{ name: "docker", version: "v5.2.0", server: "" }],
        ],
        [
            "an SDK that names its plugin",
            {
                name: "@me/sdk",
                version: "2.0.0",
                pulumi: { resource: true, name: "mine", version: "v1.0.0", server: "https://me" },
            },
            [{ name: "mine", version: "v1.0.0", server: "https://me" }],
        ],
        [
            "a parameterized SDK",
            {
                name: "@pulumi/child",
                version: "1.0.0",
                pulumi: { resource: true, name: "base", version: "2.0.0", parameterization },
            },
            [{ name: "base", version: "v2.0.0", parameterization }],
        ],
        [
            "a third party's SDK without a plugin name",
            { name: "sdk", version: "1.0.0", pulumi: { resource: true } },
            [],
        ],
        ["a library", { name: "@pulumi/pulumi", version: "3.259.0" }, []],
    ])("are derived from %s", (_, manifest, plugins) => {
        const { name = "", version = "" } = manifest;
        expect(pluginPackages([{ name, version, direct: true, manifest }])).toMatchObject(plugins);
        expect(pluginPackages([{ name, version, direct: true, manifest }])).toHaveLength(plugins.length);
    });
});
