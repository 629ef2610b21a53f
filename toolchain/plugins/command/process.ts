import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { messageOf } from "../../plugin/errors.ts";

/** How long an interrupted command may take to exit before it is killed. */
const GRACE_MS = 5_000;

export interface Command {
    file: string;
    args: string[];
    cwd?: string;
    env: NodeJS.ProcessEnv;
    stdin?: string;
}

export interface Output {
    stdout: string;
    stderr: string;
}

export interface CommandResult extends Output {
    /** stdout and stderr in the order of their arrival. */
    combined: string;
    /** Why the command failed, for example `exit status 7`. */
    failure?: string;
}

type OnLine = (line: string, stream: keyof Output) => void;

/**
 * Runs a command to its end. If the signal is aborted, interrupts and later kills the command's process group. If this process
 * exits, kills the group at once.
 */
export function run(command: Command, signal: AbortSignal, onLine: OnLine): Promise<CommandResult> {
    const { file, args, cwd, env, stdin } = command;
    const stdio = [stdin ? "pipe" : "ignore", "pipe", "pipe"] as const;
    // `detached` starts a new process group, which can be signalled as a whole.
    const child = spawn(file, args, { cwd, env, detached: true, stdio: [...stdio] });
    // The command may exit without reading its input.
    child.stdin?.on("error", () => undefined).end(stdin);

    const chunks = { stdout: [], stderr: [], both: [] } as Record<"stdout" | "stderr" | "both", Buffer[]>;
    for (const stream of ["stdout", "stderr"] as const) {
        const input = child[stream];
        if (!input) continue;
        input.on("data", (chunk: Buffer) => {
            chunks[stream].push(chunk);
            chunks.both.push(chunk);
        });
        createInterface({ input }).on("line", (line) => {
            onLine(line, stream);
        });
    }
    const text = (stream: keyof typeof chunks) => Buffer.concat(chunks[stream]).toString();

    const release = stopOnAbort(signal, child);
    return new Promise((resolve) => {
        const end = (failure?: string) => {
            release();
            resolve({ stdout: text("stdout"), stderr: text("stderr"), combined: text("both"), failure });
        };
        child.once("error", (error) => {
            end(cwd && !existsSync(cwd) ? `chdir ${cwd}: no such file or directory` : error.message);
        });
        child.once("close", (code, killedBy) => {
            if (code === 0) end();
            else if (signal.aborted) end(messageOf(signal.reason));
            else end(killedBy ? `signal: ${killedBy}` : `exit status ${code ?? ""}`);
        });
    });
}

/** Stops the child's process group if the signal is aborted or this process exits. Returns a function that ends this. */
function stopOnAbort(signal: AbortSignal, child: ChildProcess): () => void {
    let timer: NodeJS.Timeout | undefined;
    const sendSignal = (name: NodeJS.Signals) => {
        try {
            if (child.pid) process.kill(-child.pid, name);
        } catch {
            // The group has already exited.
        }
    };
    const kill = () => {
        sendSignal("SIGKILL");
        // A process that left the group may keep the output open.
        child.stdout?.destroy();
        child.stderr?.destroy();
    };
    const interrupt = () => {
        sendSignal("SIGINT");
        timer = setTimeout(kill, GRACE_MS);
    };
    if (signal.aborted) interrupt();
    signal.addEventListener("abort", interrupt);
    process.on("exit", kill);
    return () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", interrupt);
        process.off("exit", kill);
    };
}
