import { ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { messageOf } from "../../plugin/errors";

/** How long an interrupted command may take to finish what it is doing. */
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

export interface Ended extends Output {
    /** Standard output and standard error, in the order they came. */
    both: string;
    /** Why it did not succeed, such as `exit status 7`. */
    failure?: string;
}

type OnLine = (line: string, stream: keyof Output) => void;

/**
 * Runs a command to its end. When the signal is aborted, the command and all that it started are
 * interrupted, then killed; when this process exits, they are killed at once.
 */
export function run(command: Command, signal: AbortSignal, onLine: OnLine): Promise<Ended> {
    const { file, args, cwd, env, stdin } = command;
    const stdio = [stdin ? "pipe" : "ignore", "pipe", "pipe"] as const;
    // Detached, it leads a process group of its own, which takes signals as a whole.
    const child = spawn(file, args, { cwd, env, detached: true, stdio: [...stdio] });
    // A command may end without reading its input.
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

    const release = stopWith(signal, child);
    return new Promise((resolve) => {
        const end = (failure?: string) => {
            release();
            resolve({ stdout: text("stdout"), stderr: text("stderr"), both: text("both"), failure });
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

/** Ends the child's process group when the signal is aborted or this process exits, until released. */
function stopWith(signal: AbortSignal, child: ChildProcess): () => void {
    let timer: NodeJS.Timeout | undefined;
    const send = (name: NodeJS.Signals) => {
        try {
            if (child.pid) process.kill(-child.pid, name);
        } catch {
            // The whole group has ended.
        }
    };
    const kill = () => {
        send("SIGKILL");
        // What left the group may hold the output open for ever.
        child.stdout?.destroy();
        child.stderr?.destroy();
    };
    const interrupt = () => {
        send("SIGINT");
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
