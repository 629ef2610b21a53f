import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    cpSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDirectory } from "../../cli/setup/path.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** A limit for commands that could hang, far above what they take. */
const COMMAND_TIMEOUT = 10 * 60_000;

export interface CommandResult {
    code: number | null;
    /** Standard output and standard error. */
    output: string;
}

export interface RunningCommand {
    ended: Promise<CommandResult>;
    /** Resolves when the command has printed the text or has ended. */
    waitForOutput: (text: string) => Promise<void>;
    /** Sends a signal to the command's process group. */
    kill: (signal?: NodeJS.Signals) => void;
}

/**
 * A clone of the project in a temporary directory: all files that git tracks or would add. It has node_modules, Pulumi
 * and dist/ of this project, so that `make setup` and `make build` have nothing to do.
 */
export class Clone {
    readonly dir = mkdtempSync(join(tmpdir(), "drydock-clone-"));

    constructor() {
        const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
            cwd: ROOT,
            encoding: "utf8",
        });
        for (const file of files.split("\n").filter(Boolean)) {
            mkdirSync(dirname(join(this.dir, file)), { recursive: true });
            cpSync(join(ROOT, file), join(this.dir, file));
        }
        this.linkPackages();
        cpSync(join(ROOT, "dist"), join(this.dir, "dist"), { recursive: true });
        mkdirSync(join(this.dir, ".drydock"));
        this.linkToolchain();
        this.shell("git init --quiet && git add --all");
        this.commit("start");
    }

    /** Uses the npm packages of this project. */
    linkPackages(): void {
        // Otherwise `make setup` in the clone would replace the packages that this test runs with.
        if (!isInstalled()) throw new Error("node_modules is out of date: run `make build` first");
        rmSync(join(this.dir, "node_modules"), { force: true });
        symlinkSync(join(ROOT, "node_modules"), join(this.dir, "node_modules"));
    }

    /** Uses the Pulumi of this project. */
    linkToolchain(): void {
        cpSync(join(ROOT, ".drydock/toolchain"), join(this.dir, ".drydock/toolchain"));
    }

    /** Commits all changes of tracked files, or nothing. */
    commit(message: string): void {
        this.shell(
            `git -c user.name=t -c user.email=t@t commit --quiet --all --allow-empty --message '${message}'`,
        );
    }

    /** Runs a command in the clone, and waits until it ends. */
    run(command: string, env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
        return this.start(command, env).ended;
    }

    /** Starts a command in the clone, in a process group of its own. */
    start(command: string, env: NodeJS.ProcessEnv = {}): RunningCommand {
        const child = spawn("bash", ["-c", command], {
            cwd: this.dir,
            env: { ...userEnvironment(), ...env },
            detached: true,
            stdio: ["ignore", "pipe", "pipe"],
        });
        let output = "";
        for (const stream of [child.stdout, child.stderr]) {
            stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
        }
        let running = true;
        const ended = new Promise<CommandResult>((resolve) => {
            child.on("exit", (code) => {
                running = false;
                const end = () => {
                    clearTimeout(timer);
                    resolve({ code, output });
                };
                // Output can arrive after the exit. A background process can keep the pipes open: do not wait for it.
                const timer = setTimeout(end, 1000);
                child.once("close", end);
            });
        });
        return {
            ended,
            waitForOutput: async (text) => {
                while (running && !output.includes(text)) await sleep(20);
            },
            kill: (signal = "SIGKILL") => {
                if (running) process.kill(-Number(child.pid), signal);
            },
        };
    }

    /** Runs a short command in the clone and returns its standard output. Throws if it fails. */
    shell(command: string): string {
        return execFileSync("bash", ["-c", command], {
            cwd: this.dir,
            encoding: "utf8",
            env: userEnvironment(),
            // Standard error is part of the message if the command fails.
            stdio: ["ignore", "pipe", "pipe"],
            timeout: COMMAND_TIMEOUT,
        });
    }

    /** Replaces text in a file of the clone. */
    edit(file: string, from: string, to: string): void {
        const path = join(this.dir, file);
        const before = readFileSync(path, "utf8");
        if (!before.includes(from)) throw new Error(`${file} does not contain ${JSON.stringify(from)}`);
        writeFileSync(
            path,
            before.replace(from, () => to),
        );
    }

    /** Removes what an interrupted test run left of a stack in Docker: its names would be taken. */
    removeLeftovers(stack: string, project = "drydock"): void {
        removeFromDocker(project, stack, []);
        // Which clone runs the stack (cli/repair/owner.ts).
        rmSync(join(cacheDirectory(), "stacks", project, stack), { recursive: true, force: true });
    }

    /**
     * Removes what stacks have in Docker, and the clone. Without Pulumi: that takes seconds for each stack, and other tests
     * test `make down`.
     */
    async dispose(...stacks: string[]): Promise<void> {
        for (const stack of stacks) {
            const resources = this.resourcesOf(stack);
            if (resources.every(isOfThisEngine)) removeFromDocker("drydock", stack, resources);
            else await this.run(`make down STACK=${stack}`);
        }
        rmSync(this.dir, { recursive: true, force: true });
    }

    private resourcesOf(stack: string): StateResource[] {
        const file = join(this.dir, `.drydock/state/.pulumi/stacks/drydock/${stack}.json`);
        if (!existsSync(file)) return [];
        const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
            checkpoint: { latest?: { resources?: StateResource[] } };
        };
        return checkpoint.latest?.resources ?? [];
    }
}

interface StateResource {
    type: string;
    id?: string;
    inputs?: { host?: unknown };
    outputs?: { imageName?: unknown };
}

/** Whether a resource is on the Docker Engine of this machine, and not on another or on a Swarm. */
function isOfThisEngine({ type, inputs }: StateResource): boolean {
    return type !== "docker:index/service:Service" && (type !== "pulumi:providers:docker" || !inputs?.host);
}

/** Removes what is in the state of a stack, and what has its labels because a killed update did not record it. */
function removeFromDocker(project: string, stack: string, resources: StateResource[]): void {
    const docker = (...args: string[]) => spawnSync("docker", args, { encoding: "utf8" }).stdout;
    const labels = [`drydock.project=${project}`, `drydock.stack=${stack}`].map(
        (label) => `--filter=label=${label}`,
    );
    const idsOf = (type: string) =>
        resources.flatMap((resource) =>
            resource.type === `docker:index/${type}` ? (resource.id ?? []) : [],
        );
    const listed = (list: string[], ids: string[]) =>
        new Set([...ids, ...docker(...list, "--quiet", ...labels).split("\n")].filter(Boolean));
    const remove = (list: string[], command: string[], ids: string[]) => {
        const all = listed(list, ids);
        if (all.size > 0) docker(...command, "--force", ...all);
    };
    remove(["ps", "--all", "--no-trunc"], ["rm", "--volumes"], idsOf("container:Container"));
    const networks = ["network", "ls", "--no-trunc"];
    // Containers of other stacks may be on the networks.
    for (const network of listed(networks, idsOf("network:Network"))) {
        const format = "{{range $id, $_ := .Containers}}{{println $id}}{{end}}";
        const containers = docker("network", "inspect", "--format", format, network)
            .split("\n")
            .filter(Boolean);
        for (const container of containers) docker("network", "disconnect", "--force", network, container);
    }
    remove(networks, ["network", "rm"], idsOf("network:Network"));
    remove(["volume", "ls"], ["volume", "rm"], idsOf("volume:Volume"));
    const images = resources.flatMap(({ outputs }) =>
        typeof outputs?.imageName === "string" ? outputs.imageName : [],
    );
    const ofReleases = ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"];
    const filter = `reference=${project}/*:${stack}.*`;
    images.push(
        ...docker(...ofReleases, "--filter", filter)
            .split("\n")
            .filter(Boolean),
    );
    if (images.length > 0) docker("rmi", "--force", ...images);
}

/** Whether node_modules matches package-lock.json, as toolchain/setup/dependencies.sh records it. */
function isInstalled(): boolean {
    const digest = createHash("sha256")
        .update(readFileSync(join(ROOT, "package-lock.json")))
        .digest("hex");
    const record = join(ROOT, "node_modules/.drydock-installed");
    return existsSync(record) && digest.startsWith(readFileSync(record, "utf8"));
}

/** The environment of a user's new terminal: without the variables of the Pulumi and the make that run this test. */
function userEnvironment(): NodeJS.ProcessEnv {
    const ours = /^(PULUMI_|DRYDOCK_STATE$|MAKE|MFLAGS$|STACK$|FILES$)/;
    return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
