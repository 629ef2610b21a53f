import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
    cpSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const PROJECTS = join(tmpdir(), `language-host-${process.pid}`);
const NODE_MODULES = resolve(import.meta.dirname, "../../node_modules");

export type Files = Record<string, string>;

export interface CommandResult {
    code: number | null;
    stdout: string;
    stderr: string;
}

export function write(directory: string, files: Files): void {
    for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(directory, name)), { recursive: true });
        writeFileSync(join(directory, name), text);
    }
}

/** A Pulumi project with the stack `dev` and its state in the same directory. */
export class Project {
    readonly directory: string;
    private readonly env: NodeJS.ProcessEnv;

    constructor(files: Files) {
        const template = emptyStack();
        this.directory = mkdtempSync(join(PROJECTS, "app-"));
        this.env = environment(this.directory);
        cpSync(template, this.directory, { recursive: true });
        symlinkSync(NODE_MODULES, join(this.directory, "node_modules"));
        write(this.directory, files);
    }

    /** Starts the CLI in its own process group, as a shell does. */
    start(...args: string[]): ChildProcess & { output: () => string; ended: Promise<CommandResult> } {
        const all = [...args, "--non-interactive", "--color=never"];
        const child = spawn("pulumi", all, { cwd: this.directory, env: this.env, detached: true });
        const text = { stdout: "", stderr: "" };
        child.stdout.on("data", (chunk: Buffer) => (text.stdout += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (text.stderr += chunk.toString()));
        const ended = new Promise<CommandResult>((done, failed) => {
            child.once("error", failed).once("close", (code) => {
                done({ code, ...text });
            });
        });
        return Object.assign(child, { output: () => text.stdout + text.stderr, ended });
    }

    async pulumi(...args: string[]): Promise<CommandResult> {
        return this.start(...args).ended;
    }

    /** Runs a command, which must succeed, and returns its output. */
    async succeed(...args: string[]): Promise<string> {
        const { code, stdout, stderr } = await this.pulumi(...args);
        if (code !== 0)
            throw new Error(
                `pulumi ${args.join(" ")} exited with ${code ?? "a signal"}:\n${stdout}${stderr}`,
            );
        return stdout + stderr;
    }

    /** The command lines of all processes of this project, found by their environment. */
    processes(): string[] {
        return readdirSync("/proc")
            .filter((entry) => /^\d+$/.test(entry))
            .filter((pid) => proc(pid, "environ").includes(`PULUMI_BACKEND_URL=file://${this.directory}/`))
            .map((pid) => proc(pid, "cmdline").replaceAll("\0", " "))
            .filter((line) => line !== "");
    }

    setVariable(name: string, value: string): void {
        this.env[name] = value;
    }
}

function environment(directory: string): NodeJS.ProcessEnv {
    return {
        ...process.env,
        PULUMI_BACKEND_URL: `file://${directory}/state`,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_STACK: "dev",
    };
}

/** A project with a new stack to copy, as creating a stack takes half a second. */
function emptyStack(): string {
    const template = join(PROJECTS, "template");
    if (existsSync(template)) return template;
    write(template, {
        "Pulumi.yaml": "{name: app, runtime: {name: nodejs, options: {typescript: false}}}",
        "package.json": '{"name": "app", "dependencies": {"@pulumi/pulumi": "*"}}',
        "state/.keep": "",
    });
    const options = { cwd: template, env: environment(template), stdio: "pipe" } as const;
    execFileSync("pulumi", ["stack", "init", "dev"], options);
    return template;
}

/** Runs a test with a project. Fails if a process of the project is still running afterwards. */
export async function withProject(files: Files, test: (project: Project) => Promise<void>): Promise<void> {
    const project = new Project(files);
    await test(project);
    await waitFor(() => project.processes().length === 0, "no process left");
}

/** Call after all tests of a file. */
export function removeProjects(): void {
    rmSync(PROJECTS, { recursive: true, force: true });
}

/** Polls until a condition is true. */
export async function waitFor(condition: () => boolean, what: string, timeoutMs = 600_000): Promise<void> {
    for (
        const end = Date.now() + timeoutMs;
        Date.now() < end;
        await new Promise((wake) => setTimeout(wake, 20))
    ) {
        if (condition()) return;
    }
    throw new Error(`${what}: not within ${timeoutMs} ms`);
}

function proc(pid: string, file: string): string {
    try {
        return readFileSync(`/proc/${pid}/${file}`, "utf8");
    } catch {
        return ""; // It ended meanwhile.
    }
}
