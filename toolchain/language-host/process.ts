import { spawn, type ChildProcess } from "node:child_process";

/** How long an interrupted process may take to exit before it is killed. */
const GRACE_MS = 5_000;

/** How long to read output after the process has exited: a daemon that it started may keep the pipes open. */
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
 * Runs a command and resolves once all of its output has been passed on. If the signal is aborted, interrupts and later kills
 * the process.
 *
 * The output is copied rather than inherited, because Node changes the blocking mode of inherited streams for all processes
 * that share them. The process stays in this process's group, so that signals of the engine reach it and its children.
 */
export function run(
    command: Command,
    output: Output,
    signal: AbortSignal,
    graceMs = GRACE_MS,
): Promise<Exit> {
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

/** Kills this process and its children. */
export function killGroup(): never {
    try {
        // The engine starts its plugins as leaders of process groups.
        process.kill(-process.pid, "SIGKILL");
    } catch {
        // Started by hand, and not a group leader.
    }
    process.exit(1);
}
