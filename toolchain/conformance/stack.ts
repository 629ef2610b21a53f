import { ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "../..");

/** What a run of the CLI printed, and how it ended. */
export interface Run {
    code: number | null;
    /** Standard output and standard error, in the order they came. */
    output: string;
}

export interface StepChange {
    op: string;
    urn: string;
    replaceReasons?: string[];
    detailedDiff?: Record<string, { kind: string }> | null;
}

/** A resource as the state file has it: secrets encrypted. */
export interface StateResource {
    type: string;
    urn: string;
    id?: string;
    inputs?: Record<string, unknown>;
    outputs?: Record<string, unknown>;
    initErrors?: string[];
}

const PRELUDE = ["pulumi", "docker", "random", "command"]
    .map((name) => `const ${name} = require("@pulumi/${name}");\n`)
    .join("");

/**
 * A throwaway Pulumi project with one stack, driven by the real CLI: the `pulumi` on PATH, with the plugins
 * of the PULUMI_HOME in the environment. Nothing of it is left after `dispose`.
 */
export class Stack {
    readonly dir = mkdtempSync(join(tmpdir(), "drydock-conformance-"));
    private readonly env: NodeJS.ProcessEnv;

    /** `name` is the project's and part of all names that Pulumi makes up. */
    constructor(private readonly name: string) {
        const project = { name, runtime: "nodejs", backend: { url: `file://${this.dir}` } };
        writeFileSync(join(this.dir, "Pulumi.yaml"), JSON.stringify(project));
        writeFileSync(join(this.dir, "package.json"), JSON.stringify({ name, main: "index.js" }));
        symlinkSync(join(ROOT, "node_modules"), join(this.dir, "node_modules"));
        this.env = {
            ...process.env,
            PULUMI_CONFIG_PASSPHRASE: "conformance",
            PULUMI_BACKEND_URL: `file://${this.dir}`,
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        };
    }

    /** Deploys the program: the body of an async function that returns the stack's outputs. */
    async up(program: string, ...flags: string[]): Promise<Run> {
        await this.write(program);
        return this.pulumi("up", "--yes", "--skip-preview", ...flags);
    }

    /** What `up` would do, a step a resource; the stack's own step is left out. */
    async preview(program: string, ...flags: string[]): Promise<StepChange[]> {
        await this.write(program);
        const run = await this.pulumi("preview", "--json", ...flags);
        const { steps } = JSON.parse(run.output.slice(run.output.indexOf("{"))) as { steps: StepChange[] };
        return steps.filter((step) => !step.urn.includes("pulumi:pulumi:Stack"));
    }

    /** Like `up`, but returns at once with the process, to be interrupted. */
    async start(program: string, ...flags: string[]): Promise<{ process: ChildProcess; ended: Promise<Run> }> {
        await this.write(program);
        return this.spawn(["up", "--yes", "--skip-preview", ...flags]);
    }

    refresh(...flags: string[]): Promise<Run> {
        return this.pulumi("refresh", "--yes", "--skip-preview", ...flags);
    }

    destroy(...flags: string[]): Promise<Run> {
        return this.pulumi("destroy", "--yes", "--skip-preview", ...flags);
    }

    async outputs(): Promise<Record<string, unknown>> {
        const { output } = await this.pulumi("stack", "output", "--json", "--show-secrets");
        return JSON.parse(output) as Record<string, unknown>;
    }

    /** The state's resources without the stack itself and its providers. */
    state(): Promise<StateResource[]> {
        // Read where `pulumi stack export` would read it, without the time that starting it takes.
        const { checkpoint } = JSON.parse(this.stateText()) as {
            checkpoint: { latest?: { resources?: StateResource[] } };
        };
        const resources = checkpoint.latest?.resources ?? [];
        return Promise.resolve(resources.filter(({ type }) => !type.startsWith("pulumi:")));
    }

    pulumi(...args: string[]): Promise<Run> {
        return this.spawn(args).ended;
    }

    /** Destroys what is deployed, and removes the project. */
    async dispose(): Promise<void> {
        if (existsSync(join(this.dir, "Pulumi.test.yaml"))) {
            await this.pulumi("cancel", "--yes");
            await this.destroy();
        }
        rmSync(this.dir, { recursive: true, force: true });
    }

    private async write(program: string): Promise<void> {
        const created = existsSync(join(this.dir, "Pulumi.test.yaml"));
        writeFileSync(join(this.dir, "index.js"), `${PRELUDE}module.exports = async () => {\n${program}\n};\n`);
        if (!created) await this.pulumi("stack", "init", "test");
    }

    private spawn(args: string[]): { process: ChildProcess; ended: Promise<Run> } {
        const stack = args[0] === "stack" && args[1] === "init" ? [] : ["--stack", "test"];
        const child = spawn("pulumi", [...args, ...stack, "--non-interactive", "--color=never"], {
            cwd: this.dir,
            env: this.env,
            stdio: ["ignore", "pipe", "pipe"],
        });
        let output = "";
        child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
        const ended = new Promise<Run>((resolve, reject) => {
            child.on("error", reject);
            child.on("close", (code) => {
                resolve({ code, output });
            });
        });
        return { process: child, ended };
    }

    /** The whole state file as text, to look for what must not be in it. */
    stateText(): string {
        return readFileSync(join(this.dir, ".pulumi/stacks", this.name, "test.json"), "utf8");
    }
}
