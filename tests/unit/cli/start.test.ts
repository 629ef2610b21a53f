import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { ROOT } from "../sandbox.ts";

/** Prints each module of Pulumi that Node loads. */
const HOOK = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from "node:module";
    registerHooks({
        load(url, context, next) {
            if (url.includes("/@pulumi/")) process.stderr.write("loads " + url + "\\n");
            return next(url, context);
        },
    });`)}`;

describe("the start of the command", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-start-"));
    const env = { ...process.env, PULUMI_BACKEND_URL: `file://${directory}/.drydock/state` };
    const start = (...args: string[]) =>
        spawn(process.execPath, ["--import", HOOK, join(ROOT, "cli/bin.ts"), ...args], {
            cwd: directory,
            env,
        });

    beforeAll(() => {
        writeFileSync(join(directory, "Pulumi.yaml"), "name: shop\nruntime: yaml\n");
        const stacks = join(directory, ".drydock/state/.pulumi/stacks/shop");
        mkdirSync(stacks, { recursive: true });
        const checkpoint = { version: 3, checkpoint: { latest: { resources: [] } } };
        writeFileSync(join(stacks, "dev.json"), JSON.stringify(checkpoint));
    });
    afterAll(() => {
        rmSync(directory, { recursive: true });
    });

    test.each([
        "--version",
        "--help",
        "help up",
        "completion bash",
        "complete st",
        "status --stack dev",
        "logs --stack dev",
    ])("loads no SDK of Pulumi for `drydock %s`, which takes 0.4 seconds", async (line) => {
        expect(await text(start(...line.split(" ")).stderr)).not.toContain("loads ");
    });

    test("loads the SDK of Pulumi for `drydock up`", async () => {
        const up = start("up", "--yes", "--stack", "production");
        const [line] = (await once(createInterface(up.stderr), "line")) as [string];
        up.kill();
        expect(line).toContain("loads ");
    });
});
