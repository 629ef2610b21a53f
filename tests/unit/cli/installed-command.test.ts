import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };
import { ROOT } from "../sandbox.ts";

describe("the command that a project has installed", () => {
    const application = realpathSync(mkdtempSync(join(tmpdir(), "drydock-installed-")));
    const infra = join(application, "infra");
    const installed = join(infra, "node_modules/pulumi-drydock");
    const drydock = (directory: string, ...args: string[]) =>
        spawnSync(process.execPath, [join(ROOT, "cli/bin.ts"), ...args], {
            cwd: directory,
            encoding: "utf8",
        });
    const install = (manifest: object) => {
        mkdirSync(installed, { recursive: true });
        writeFileSync(join(installed, "package.json"), JSON.stringify(manifest));
        writeFileSync(
            join(installed, "command.js"),
            "console.log(JSON.stringify(process.argv.slice(1))); process.exitCode = 3;",
        );
    };

    beforeEach(() => {
        mkdirSync(join(application, "app"), { recursive: true });
        mkdirSync(infra);
        writeFileSync(join(infra, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
    });
    afterEach(() => {
        rmSync(application, { recursive: true });
    });

    test.each([".", "app", "infra"])(
        "replaces this one, with a message, in the directory %s",
        (directory) => {
            install({ version: "9.8.7", bin: { "pulumi-drydock": "command.js" } });
            const { stdout, stderr, status } = drydock(join(application, directory), "status", "--json");
            expect(JSON.parse(stdout)).toEqual([join(installed, "command.js"), "status", "--json"]);
            expect(stderr).toBe(`→ Running pulumi-drydock 9.8.7, the version installed in ${infra}\n`);
            expect(status).toBe(3);
        },
    );

    test("completes words, without the message", () => {
        install({ version: "9.8.7", bin: { "pulumi-drydock": "command.js" } });
        expect(drydock(application, "complete", "st")).toMatchObject({ stderr: "", status: 3 });
    });

    test.each([
        ["is not installed", undefined],
        ["has this version", { version: packageJson.version, bin: { "pulumi-drydock": "command.js" } }],
        ["has no command", { version: "9.8.7" }],
        ["lacks the file of its command", { version: "9.8.7", bin: { "pulumi-drydock": "missing.js" } }],
    ])("does not run if it %s", (_, manifest) => {
        if (manifest) install(manifest);
        expect(drydock(application, "--version")).toMatchObject({
            stdout: `${packageJson.version}\n`,
            stderr: "",
            status: 0,
        });
    });
});
