import { spawn, type ChildProcess } from "node:child_process";

/** How long an interrupted process may take to finish what it is doing. */
const GRACE_MS = 5_000;

/** How long a daemon that a finished process left behind may hold its output open. */
const DRAIN_MS = 1_000;

export interface Command {
    file: string;
    args: string[];
    cwd: string;
    env: NodeJS.ProcessEnv;
}

export interface Exit {
    code: number | null;
    signal: NodeJS.Signals | null;
}

export interface Output {
    stdout: (chunk: Buffer) => void;
    stderr: (chunk: Buffer) => void;
}

/**
 * Runs a command to its end, all of its output delivered. An aborted one is interrupted, then killed.
 *
 * Its output is copied, not inherited: Node changes the blocking mode of what it inherits, for all who share it.
 * It stays in this process's group, so that the engine's signals to the group reach all that it started too.
 */
export function run(command: Command, output: Output, signal: AbortSignal, graceMs = GRACE_MS): Promise<Exit> {
    return new Promise((resolve, reject) => {
        const { cwd, env } = command;
        const child = spawn(command.file, command.args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
        child.stdout.on("data", output.stdout);
        child.stderr.on("data", output.stderr);

        const interrupt = () => {
            stop(child, graceMs);
        };
        signal.addEventListener("abort", interrupt, { once: true });
        if (signal.aborted) interrupt();

        child.once("error", reject);
        child.once("exit", () => {
            signal.removeEventListener("abort", interrupt);
            setTimeout(() => {
                child.stdout.destroy();
                child.stderr.destroy();
            }, DRAIN_MS).unref();
        });
        child.once("close", (code, exitSignal) => {
            resolve({ code, signal: exitSignal });
        });
    });
}

function stop(child: ChildProcess, graceMs: number): void {
    child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    child.once("exit", () => {
        clearTimeout(timer);
    });
}

/** Kills this process and all that it started, at once. */
export function killGroup(): never {
    try {
        // The engine starts its plugins as group leaders; for one started by hand there is no such group.
        process.kill(-process.pid, "SIGKILL");
    } catch {
        // Not a leader: its children are left to the terminal or the debugger that started it.
    }
    process.exit(1);
}
