import { type ChildProcess, spawn } from "node:child_process";
import { CommandError, ExitCode } from "./exit-codes.ts";

export interface Result {
    exitCode: number;
    stdout: string;
    /** Standard output and standard error, in the order in which they were written. */
    output: string;
}

/** Running commands. Each leads a process group, so that a signal reaches everything that it started. */
const running = new Set<ChildProcess>();

/**
 * Runs commands in their own process groups. On Ctrl-C, passes the signal on to them and waits until they have ended, so that
 * the caller can remove what they left, such as files with secrets.
 *
 * @throws CommandError with exit code 130 on Ctrl-C
 */
export async function untilInterrupted<T>(run: () => Promise<T>): Promise<T> {
    const signals: NodeJS.Signals[] = [];
    const stop = (signal: NodeJS.Signals) => {
        signals.push(signal);
        interrupt();
    };
    process.on("SIGINT", stop).on("SIGTERM", stop);
    try {
        const result = await run();
        if (signals.length === 0) return result;
    } catch (error) {
        if (signals.length === 0) throw error;
    } finally {
        process.off("SIGINT", stop).off("SIGTERM", stop);
    }
    throw new CommandError("The preview was interrupted", undefined, ExitCode.Interrupted);
}

/** Sends SIGINT to all running commands, as Ctrl-C does. They fail. */
function interrupt(): void {
    for (const { pid } of running)
        try {
            if (pid !== undefined) process.kill(-pid, "SIGINT");
        } catch (error) {
            // It has just ended.
            if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
        }
}

/**
 * Runs a shell command as in a new terminal: without the variables of the calling make and of the ./env that it sourced,
 * which would override another backend.
 *
 * @param show whether to copy the output to standard error, as progress
 */
export function runShell(
    directory: string,
    command: string,
    show: boolean,
    env: NodeJS.ProcessEnv = {},
): Promise<Result> {
    const fromMake = /^(MAKE|MFLAGS$|STACK$|ARGS$|DRYDOCK_STATE$)/;
    const inherited = Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !fromMake.test(name)),
    );
    const child = spawn("sh", ["-c", command], {
        cwd: directory,
        env: { ...inherited, ...env },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
    });
    running.add(child);
    let [stdout, output] = ["", ""];
    const add = (chunk: Buffer) => {
        output += chunk.toString();
        if (show) process.stderr.write(chunk);
    };
    child.stdout.on("data", (chunk: Buffer) => {
        stdout += chunk.toString();
        add(chunk);
    });
    child.stderr.on("data", add);
    return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (exitCode) => {
            running.delete(child);
            resolve({ exitCode: exitCode ?? 1, stdout, output });
        });
    });
}
