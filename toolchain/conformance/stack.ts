import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

/** The result of a run of the CLI. */
export interface CliResult {
    code: number | null;
    /** stdout and stderr in the order of their arrival. */
    output: string;
}

export interface PreviewStep {
    op: string;
    urn: string;
    replaceReasons?: string[];
    detailedDiff?: Record<string, { kind: string }> | null;
}

/** A resource in the state file, with encrypted secrets. */
export interface StateResource {
    type: string;
    urn: string;
    id?: string;
    inputs?: Record<string, unknown>;
    outputs?: Record<string, unknown>;
    initErrors?: string[];
}

/** The executable of the Docker plugin under test. */
export const DOCKER_PLUGIN = join(
    process.env.PULUMI_HOME ?? "",
    "plugins/resource-docker-v5.2.0/pulumi-resource-docker",
);

/** Whether the toolchain's plugins are under test: they are JavaScript with a start script, the official ones one binary. */
export const isToolchainPlugin = existsSync(`${DOCKER_PLUGIN}.js`);

const PRELUDE = ["pulumi", "docker", "random", "command"]
    .map((name) => `const ${name} = require("@pulumi/${name}");\n`)
    .join("");

/**
 * A temporary Pulumi project with one stack. Runs the `pulumi` on PATH with the plugins in PULUMI_HOME. `dispose` removes
 * everything.
 */
export class Stack {
    readonly dir = mkdtempSync(join(tmpdir(), "drydock-conformance-"));
    private readonly env: NodeJS.ProcessEnv;
    private readonly name: string;

    /** @param name name of the project */
    constructor(name: string) {
        this.name = name;
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
    async up(program: string, ...flags: string[]): Promise<CliResult> {
        await this.write(program);
        return this.pulumi("up", "--yes", "--skip-preview", ...flags);
    }

    /** The steps that `up` would run, without that of the stack itself. */
    async preview(program: string, ...flags: string[]): Promise<PreviewStep[]> {
        await this.write(program);
        const run = await this.pulumi("preview", "--json", ...flags);
        const { steps } = JSON.parse(run.output.slice(run.output.indexOf("{"))) as { steps: PreviewStep[] };
        return steps.filter((step) => !step.urn.includes("pulumi:pulumi:Stack"));
    }

    /** Like `up`, but returns the process at once, so that a test can interrupt it. */
    async startUp(
        program: string,
        ...flags: string[]
    ): Promise<{ process: ChildProcess; ended: Promise<CliResult> }> {
        await this.write(program);
        return this.spawn(["up", "--yes", "--skip-preview", ...flags]);
    }

    refresh(...flags: string[]): Promise<CliResult> {
        return this.pulumi("refresh", "--yes", "--skip-preview", ...flags);
    }

    destroy(...flags: string[]): Promise<CliResult> {
        return this.pulumi("destroy", "--yes", "--skip-preview", ...flags);
    }

    async outputs(): Promise<Record<string, unknown>> {
        const { output } = await this.pulumi("stack", "output", "--json", "--show-secrets");
        return JSON.parse(output) as Record<string, unknown>;
    }

    /** The resources in the state, without the stack itself and providers. */
    state(): Promise<StateResource[]> {
        // Read directly from the file, which is faster than `pulumi stack export`.
        const { checkpoint } = JSON.parse(this.stateFile()) as {
            checkpoint: { latest?: { resources?: StateResource[] } };
        };
        const resources = checkpoint.latest?.resources ?? [];
        return Promise.resolve(resources.filter(({ type }) => !type.startsWith("pulumi:")));
    }

    pulumi(...args: string[]): Promise<CliResult> {
        return this.spawn(args).ended;
    }

    /** Destroys the stack and removes the project. */
    async dispose(): Promise<void> {
        if (existsSync(join(this.dir, "Pulumi.test.yaml"))) {
            await this.pulumi("cancel", "--yes");
            await this.destroy();
        }
        rmSync(this.dir, { recursive: true, force: true });
    }

    private async write(program: string): Promise<void> {
        const created = existsSync(join(this.dir, "Pulumi.test.yaml"));
        writeFileSync(
            join(this.dir, "index.js"),
            `${PRELUDE}module.exports = async () => {\n${program}\n};\n`,
        );
        if (!created) await this.pulumi("stack", "init", "test");
    }

    private spawn(args: string[]): { process: ChildProcess; ended: Promise<CliResult> } {
        const stack = args[0] === "stack" && args[1] === "init" ? [] : ["--stack", "test"];
        const child = spawn("pulumi", [...args, ...stack, "--non-interactive", "--color=never"], {
            cwd: this.dir,
            env: this.env,
            stdio: ["ignore", "pipe", "pipe"],
        });
        let output = "";
        child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
        const ended = new Promise<CliResult>((resolve, reject) => {
            child.on("error", reject);
            child.on("close", (code) => {
                resolve({ code, output });
            });
        });
        return { process: child, ended };
    }

    /** The content of the state file. */
    stateFile(): string {
        return readFileSync(join(this.dir, ".pulumi/stacks", this.name, "test.json"), "utf8");
    }
}

/** The name of the resource with this URN. */
export const nameOf = ({ urn }: { urn: string }) => urn.split("::").pop() ?? "";

/** The resources by name. */
export function byName(resources: StateResource[]): Record<string, StateResource | undefined> {
    return Object.fromEntries(resources.map((resource) => [nameOf(resource), resource]));
}
