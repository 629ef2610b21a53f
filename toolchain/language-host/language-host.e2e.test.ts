import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Project, removeProjects, until, write, type Files } from "./testing";

jest.setTimeout(60_000);

afterAll(removeProjects);

const PULUMI = 'const pulumi = require("@pulumi/pulumi");\n';

const STATE = "state/.pulumi/stacks/app/dev.json";

const HANGS = `${PULUMI}
    require("node:child_process").spawn("sleep", ["600"], { stdio: "inherit" });
    console.log("the program runs");
    setInterval(() => {}, 1000);`;

/** A component provider that answers to every construct with a greeting, or never. */
const COMPONENT: Files = {
    "component/PulumiPlugin.yaml": "runtime: {name: nodejs, options: {typescript: false}}",
    "component/package.json": '{"name": "greetings", "version": "1.0.0"}',
    "component/index.js": `${PULUMI}
        pulumi.provider.main({
            version: "1.0.0",
            async construct(name, type, inputs, options) {
                if (process.env.GREETINGS_HANG) await new Promise(() => setInterval(() => {}, 1000));
                const component = new pulumi.ComponentResource(type, name, {}, options);
                return { urn: component.urn, state: { greeting: pulumi.interpolate\`hello \${inputs.who}\` } };
            },
        }, process.argv.slice(2));`,
    "Pulumi.yaml": `{name: app, runtime: {name: nodejs, options: {typescript: false}},
        plugins: {providers: [{name: greetings, path: component}]}}`,
    "index.js": `${PULUMI}
        const args = { who: "world", greeting: undefined };
        const greeter = new pulumi.ComponentResource("greetings:index:Greeter", "greeter", args, {}, true);
        exports.greeting = greeter.greeting;
        pulumi.log.info("the component is asked for");`,
};

/** What @pulumi/policy does with a pack, cut down to one policy that tells all it has been told. */
const POLICY_PACK: Files = {
    "pack/PulumiPolicy.yaml": "runtime: {name: nodejs, options: {typescript: false}}",
    "pack/package.json": '{"name": "pack", "version": "1.0.0"}',
    "pack/index.js": `${PULUMI}
        const grpc = require("@grpc/grpc-js");
        const { AnalyzerService } = require("@pulumi/pulumi/proto/analyzer_grpc_pb");
        const rpc = require("@pulumi/pulumi/proto/analyzer_pb");
        const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");
        const { Empty } = require("google-protobuf/google/protobuf/empty_pb");
        const stack = [pulumi.getProject(), pulumi.getStack(), new pulumi.Config("app").get("team")].join("/");
        const level = rpc.EnforcementLevel.MANDATORY;
        const refusal = (request) => new rpc.AnalyzeResponse().setDiagnosticsList(
            request.getType() !== "app:index:Forbidden" ? [] : [new rpc.AnalyzeDiagnostic()
                .setPolicyname("nothing-forbidden").setPolicypackname("pack").setPolicypackversion("1.0.0")
                .setEnforcementlevel(level).setMessage("forbidden in " + stack)]);
        const server = new grpc.Server();
        server.addService(AnalyzerService, {
            getPluginInfo: (_, reply) => reply(null, new PluginInfo().setVersion("1.0.0")),
            getAnalyzerInfo: (_, reply) => reply(null, new rpc.AnalyzerInfo().setName("pack").setVersion("1.0.0")
                .setPoliciesList([new rpc.PolicyInfo().setName("nothing-forbidden").setEnforcementlevel(level)])),
            configure: (_, reply) => reply(null, new Empty()),
            analyze: ({ request }, reply) => reply(null, refusal(request)),
            analyzeStack: (_, reply) => reply(null, new rpc.AnalyzeResponse()),
            remediate: (_, reply) => reply(null, new rpc.RemediateResponse()),
        });
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, port) => console.log(port));`,
    "index.js": `${PULUMI}
        new pulumi.ComponentResource("app:index:" + new pulumi.Config().require("kind"), "resource");`,
};

/** Has a project for the length of a test. Nothing of it may be left running. */
async function withProject(files: Files, test: (project: Project) => Promise<void>): Promise<void> {
    const project = new Project(files);
    await test(project);
    await until(() => project.processes().length === 0, "no process left");
}

interface Preview {
    diagnostics?: { severity: string; message: string }[];
}

describe("the language host", () => {
    it.concurrent(
        "runs a TypeScript program with its config, keeps secrets, and leaves nothing to change",
        () =>
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

                    expect(await project.succeed("destroy", "--yes", "--skip-preview")).toContain(
                        "- 2 deleted",
                    );
                },
            ),
    );

    it.concurrent.each<[string, Files]>([
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
    ])("runs a program with %s", (_, files) =>
        withProject(files, async (project) => {
            const preview = await project.succeed("preview");
            expect(preview).toContain('kind: "found"');
            expect(preview).not.toMatch(/warning|Diagnostics/i);
        }),
    );

    it.concurrent.each<[string, Files, string]>([
        ["throws", { "index.js": "throw new Error('broken on purpose')" }, "Error: broken on purpose"],
        [
            "reports an error of its own",
            { "index.js": `${PULUMI} throw new pulumi.RunError("told you so")` },
            "told you so",
        ],
        [
            "has an option that the host does not know",
            { "Pulumi.yaml": "{name: app, runtime: {name: nodejs, options: {binary: ./app}}}" },
            "runtime option binary is not supported",
        ],
    ])("reports once that a program %s", (_, files, message) =>
        withProject(files, async (project) => {
            const { code, stdout } = await project.pulumi("preview", "--json");
            const { diagnostics = [] } = JSON.parse(stdout) as Preview;
            expect(diagnostics.map((diagnostic) => diagnostic.severity)).toEqual(["error"]);
            expect(diagnostics[0]?.message).toContain(message);
            expect(code).toBe(1);
        }),
    );

    it.concurrent("creates and deletes with a dynamic provider", () =>
        withProject(
            {
                "index.js": `${PULUMI}
                    const provider = {
                        create: async ({ value }) => ({ id: "one", outs: { twice: 2 * value } }),
                        delete: async () => console.log("deleted one"),
                    };
                    class Doubled extends pulumi.dynamic.Resource {}
                    exports.twice = new Doubled(provider, "doubled", { value: 21, twice: undefined }).twice;`,
            },
            async (project) => {
                expect(await project.succeed("up", "--yes", "--skip-preview")).toContain("twice: 42");
                expect(await project.succeed("destroy", "--yes", "--skip-preview")).toContain("deleted one");
            },
        ),
    );

    it.concurrent("runs a component provider from its source directory", () =>
        withProject(COMPONENT, async (project) => {
            expect(await project.succeed("up", "--yes", "--skip-preview")).toContain(
                'greeting: "hello world"',
            );
        }),
    );

    it.concurrent("runs a policy pack that knows the stack, and says when it cannot start", () =>
        withProject(POLICY_PACK, async (project) => {
            const preview = (kind: string) =>
                project.pulumi(
                    "preview",
                    "--policy-pack=pack",
                    "--config=team=harbour",
                    `--config=kind=${kind}`,
                );

            const refused = await preview("Forbidden");
            expect(refused.stdout).toContain("forbidden in app/dev/harbour");
            expect(refused.code).not.toBe(0);

            write(project.directory, { "pack/index.js": "throw new Error('no such policy')" });
            const broken = await preview("Allowed");
            expect(broken.stdout).toContain("no such policy");
            expect(broken.stderr).toContain("the policy pack has ended; its output says why");
        }),
    );

    it.concurrent("stops a program at Ctrl-C, with all that it started", () =>
        withProject({ "index.js": HANGS }, async (project) => {
            const up = project.start("up", "--yes", "--skip-preview");
            await until(() => up.output().includes("the program runs"), "the program runs");
            expect(project.processes()).toContain("sleep 600 ");

            up.kill("SIGINT");
            const { code, stdout } = await up.ended;
            expect(stdout).toContain("error: update canceled");
            expect(code).not.toBe(0);
        }),
    );

    it.concurrent.each<[string, Files, string]>([
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
    ])("leaves no %s behind when the engine is killed", (_, files, process) =>
        withProject(files, async (project) => {
            project.setVariable("GREETINGS_HANG", "1");
            const up = project.start("up", "--yes", "--skip-preview");
            const running = () => project.processes().some((line) => line.includes(process));
            await until(() => running() && up.output().includes("creating"), `${process} runs`);

            up.kill("SIGKILL");
            await up.ended;
            await until(() => project.processes().length === 0, "no process left");
        }),
    );

    it.concurrent("installs dependencies, and tells of the project's toolchain", () =>
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
        ),
    );
});
