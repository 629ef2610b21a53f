import { type ChildProcess, spawn } from "node:child_process";

export interface Ended {
    code: number;
    stdout: string;
    /** All that it said, on both streams. */
    said: string;
}

/** Commands that run, each the leader of a process group: an interruption is told to all that it has started. */
const running = new Set<ChildProcess>();

/** Interrupts what runs, as Ctrl-C does; what is awaited of it ends, and fails. */
export function interrupt(): void {
    for (const { pid } of running) if (pid !== undefined) process.kill(-pid, "SIGINT");
}

/**
 * Runs a command of bash in a folder as a user would in a new terminal: nothing of the make that runs this, nor of
 * the ./env before it, which a backend that is named has no need of.
 *
 * @param show hands on what it says, as progress for a person
 */
export function bash(
    folder: string,
    command: string,
    show: boolean,
    env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
    const foreign = /^(MAKE|MFLAGS$|STACK$|EXAMPLE$|DRYDOCK_STATE$)/;
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
    const child = spawn("bash", ["-c", command], {
        cwd: folder,
        env: { ...own, ...env },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
    });
    running.add(child);
    let [stdout, said] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
        stdout += chunk.toString();
        said += chunk.toString();
        if (show) process.stderr.write(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        if (show) process.stderr.write(chunk);
    });
    return new Promise((ended, failed) => {
        child.on("error", failed);
        child.on("close", (code) => {
            running.delete(child);
            ended({ code: code ?? 1, stdout, said });
        });
    });
}
