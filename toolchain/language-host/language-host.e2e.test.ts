import { readFileSync } from "node:fs";
import { join } from "node:path";
import { COMPONENT, HANGS, PULUMI } from "./test-projects.ts";
import { removeProjects, waitFor, withProject, type Files } from "./testing.ts";

afterAll(removeProjects);

const STATE = "state/.pulumi/stacks/app/dev.json";

interface Preview {
    diagnostics?: { severity: string; message: string }[];
}

describe("the language host", () => {
    test.concurrent("runs a TypeScript program with config and secrets, and without a diff afterwards", () =>
        withProject(
            {
                "Pulumi.yaml": "{name: app, main: infra/index.ts, runtime: nodejs}",
                "infra/tsconfig.json":
                    '{"compilerOptions": {"module": "commonjs", "moduleResolution": "node", "noCheck": true}}',
                "infra/index.ts": `import * as pulumi from "@pulumi/pulumi";
                    const config = new pulumi.Config();
                    class Box extends pulumi.ComponentResource {}
                    const box = new Box("app:index:Box", "box");
                    export const urn: pulumi.Output<string> = box.urn;
                    export const greeting: string = "hello " + config.require("who");
                    export const password: pulumi.Output<string> = config.requireSecret("password");`,
            },
            async (project) => {
                await project.succeed("config", "set", "--secret", "password", "hunter2");

                const up = await project.succeed("up", "--yes", "--skip-preview", "--config=who=world");
                expect(up).toContain('greeting: "hello world"');
                expect(up).toContain("password: [secret]");
                expect(up).toContain("+ 2 created");
                expect(readFileSync(join(project.directory, STATE), "utf8")).not.toContain("hunter2");

                const preview = await project.succeed("preview", "--refresh", "--expect-no-changes");
                expect(preview).not.toMatch(/warning|Diagnostics/i);

                expect(await project.succeed("destroy", "--yes", "--skip-preview")).toContain("- 2 deleted");
            },
        ));

    test.concurrent.each<[string, Files]>([
        [
            "main in package.json",
            { "package.json": '{"main": "app.js"}', "app.js": "exports.kind = 'found'" },
        ],
        [
            "main in Pulumi.yaml",
            {
                "Pulumi.yaml":
                    "{name: app, main: src/, runtime: {name: nodejs, options: {typescript: false}}}",
                "src/index.js": "exports.kind = process.cwd().endsWith('/src') && 'found'",
            },
        ],
        [
            "ES modules",
            {
                "Pulumi.yaml": "{name: app, runtime: nodejs}",
                "package.json": '{"type": "module"}',
                "index.js": "export const kind = await Promise.resolve('found')",
            },
        ],
        [
            "TypeScript that Node runs natively",
            {
                "Pulumi.yaml":
                    "{name: app, main: index.ts, runtime: {name: nodejs, options: {typescript: false}}}",
                "package.json": '{"type": "module", "exports": "./dist/library.js"}',
                "index.ts": `import * as pulumi from "@pulumi/pulumi";
                    import { kindOf, type Kind } from "./kind.ts";
                    class Box extends pulumi.ComponentResource {}
                    new Box("app:index:Box", "box");
                    export const kind: Kind = kindOf<Kind>(await Promise.resolve("found" as const));`,
                "kind.ts": `export type Kind = "found";
                    export const kindOf = <K extends Kind>(kind: K): K => kind;`,
            },
        ],
    ])("runs a program with %s", (_, files) =>
        withProject(files, async (project) => {
            const preview = await project.succeed("preview");
            expect(preview).toContain('kind: "found"');
            expect(preview).not.toMatch(/warning|Diagnostics/i);
        }),
    );

    test.concurrent.each<[string, Files, string]>([
        ["throws", { "index.js": "throw new Error('broken on purpose')" }, "Error: broken on purpose"],
        [
            "reports an error of its own",
            { "index.js": `${PULUMI} throw new pulumi.RunError("told you so")` },
            "told you so",
        ],
        [
            "has an invalid option",
            { "Pulumi.yaml": "{name: app, runtime: {name: nodejs, options: {typescript: 1}}}" },
            "runtime option typescript: 1 is not a boolean",
        ],
    ])("reports a single error if a program %s", (_, files, message) =>
        withProject(files, async (project) => {
            const { code, stdout, stderr } = await project.pulumi("preview", "--json");
            const { diagnostics = [] } = JSON.parse(stdout) as Preview;
            expect(diagnostics.map((diagnostic) => diagnostic.severity)).toEqual(["error"]);
            expect(diagnostics[0]?.message).toContain(message);
            expect({ code, stdout, stderr }).toExitWith(1);
        }),
    );

    test.concurrent("stops a program and its children on Ctrl-C", () =>
        withProject({ "index.js": HANGS }, async (project) => {
            const up = project.start("up", "--yes", "--skip-preview");
            await waitFor(() => up.output().includes("the program runs"), "the program runs");
            expect(project.processes()).toContain("sleep 600 ");

            up.kill("SIGINT");
            const { code, stdout, stderr } = await up.ended;
            expect(stdout).toContain("error: update canceled");
            expect({ code, stdout, stderr }).toFail();
        }));

    test.concurrent.each<[string, Files, string]>([
        ["program", { "index.js": HANGS }, "sleep 600"],
        ["component provider", COMPONENT, "cmd/run-plugin"],
        [
            "dynamic provider",
            {
                "index.js": `${PULUMI}
                    const provider = { create: () => new Promise(() => setInterval(() => {}, 1000)) };
                    class Endless extends pulumi.dynamic.Resource {}
                    new Endless(provider, "endless", {});`,
            },
            "cmd/dynamic-provider",
        ],
    ])("stops a %s if the engine is killed", (_, files, process) =>
        withProject(files, async (project) => {
            project.setVariable("GREETINGS_HANG", "1");
            const up = project.start("up", "--yes", "--skip-preview");
            const running = () => project.processes().some((line) => line.includes(process));
            await waitFor(() => running() && up.output().includes("creating"), `${process} runs`);

            up.kill("SIGKILL");
            await up.ended;
            await waitFor(() => project.processes().length === 0, "no process left");
            expect(project.processes()).toEqual([]);
        }),
    );

    test.concurrent("installs dependencies and reports the project's toolchain", () =>
        withProject(
            {
                "package.json": '{"dependencies": {"local": "file:./local"}}',
                "local/package.json": '{"name": "local", "version": "1.2.3"}',
            },
            async (project) => {
                expect(await project.succeed("install")).toContain("added 1 package");
                const about: unknown = JSON.parse(await project.succeed("about", "--json"));
                expect(about).toMatchObject({
                    dependencies: [{ name: "local", version: "1.2.3" }],
                    runtime: { version: process.version, packagemanager: "npm" },
                });
            },
        ));
});
