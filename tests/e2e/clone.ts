import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = resolve(import.meta.dirname, "../..");

/** A command that runs. */
export interface Running {
    ended: Promise<Run>;
    /** Returns once the command has printed the text, or has ended. */
    said: (text: string) => Promise<void>;
    /** Sends a signal to it and all that it has started; without one, ends them as a power cut would. */
    kill: (signal?: NodeJS.Signals) => void;
}

export interface Run {
    code: number | null;
    output: string;
}

/**
 * The project in a folder of its own, as a user's clone: the files that git tracks or would, with the npm
 * packages and the toolchain of this one, so that set-up finds its work done.
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
        mkdirSync(join(this.dir, ".drydock"));
        this.linkToolchain();
        this.shell(
            "git init --quiet && git add --all && git -c user.name=t -c user.email=t@t commit --quiet -m start",
        );
    }

    /** Lends the clone this project's npm packages. */
    linkPackages(): void {
        rmSync(join(this.dir, "node_modules"), { force: true });
        symlinkSync(join(ROOT, "node_modules"), join(this.dir, "node_modules"));
    }

    /** Lends the clone this project's Pulumi. */
    linkToolchain(): void {
        cpSync(join(ROOT, ".drydock/toolchain"), join(this.dir, ".drydock/toolchain"));
    }

    /** Runs a command to its end, in the clone. */
    run(command: string, env: NodeJS.ProcessEnv = {}): Promise<Run> {
        return this.start(command, env).ended;
    }

    /** Starts a command as the leader of a process group, which can be killed as one. */
    start(command: string, env: NodeJS.ProcessEnv = {}): Running {
        const child = spawn("bash", ["-c", command], {
            cwd: this.dir,
            env: { ...cleanEnvironment(), ...env },
            detached: true,
            stdio: ["ignore", "pipe", "pipe"],
        });
        let output = "";
        for (const stream of [child.stdout, child.stderr]) {
            stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
        }
        let running = true;
        const ended = new Promise<Run>((done) => {
            child.on("exit", (code) => {
                running = false;
                const end = () => {
                    clearTimeout(timer);
                    done({ code, output });
                };
                // Its last words may still be on their way; what it has left running may hold the pipes for ever.
                const timer = setTimeout(end, 1000);
                child.once("close", end);
            });
        });
        return {
            ended,
            said: async (text) => {
                while (running && !output.includes(text)) await sleep(20);
            },
            kill: (signal = "SIGKILL") => {
                if (running) process.kill(-Number(child.pid), signal);
            },
        };
    }

    /** Runs a quick command and returns what it prints; fails if it does. */
    shell(command: string): string {
        return execFileSync("bash", ["-c", command], {
            cwd: this.dir,
            encoding: "utf8",
            env: cleanEnvironment(),
            // What hangs fails, and does not hold up the tests that come after it.
            timeout: 300_000,
        });
    }

    /** Changes a file of the clone by replacing text in it. */
    edit(file: string, from: string, to: string): void {
        const script = `const fs = require("fs"); const [file, from, to] = process.argv.slice(1);
            const text = fs.readFileSync(file, "utf8"); if (!text.includes(from)) process.exit(1);
            fs.writeFileSync(file, text.replace(from, to));`;
        const words = [script, file, from, to].map((word) => `'${word.replace(/'/g, `'\\''`)}'`);
        this.shell(`node -e ${words.join(" ")}`);
    }

    async dispose(...stacks: string[]): Promise<void> {
        for (const stack of stacks) await this.run(`make down STACK=${stack}`);
        rmSync(this.dir, { recursive: true, force: true });
    }
}

/** The environment of a user in a new terminal: nothing of the Pulumi or the make that this test runs in. */
function cleanEnvironment(): NodeJS.ProcessEnv {
    const foreign = /^(PULUMI_|DRYDOCK_STATE$|MAKE|MFLAGS$|STACK$)/;
    return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
