/** Runs a program in a container, with this terminal if there is one. */
import { type Duplex, PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "./exit-codes.ts";
import { isNotFound } from "./inventory.ts";
import { warn } from "./output.ts";
import { messageOf } from "./project.ts";
import type { PlacedContainer } from "./stack-inventory.ts";

/** Docker would hold back Ctrl-P, which shells and consoles use, as the first key of its own detach sequence. */
const DETACH_KEYS = "ctrl-@,ctrl-@,ctrl-@,ctrl-@";

const RESIZE_ATTEMPTS = 10;

/** Exit code of a program that SIGKILL ended. */
const KILLED = 137;

/** Runs a program with this terminal, or with this process's standard input and outputs. Returns its exit code. */
export async function runInContainer(
    container: PlacedContainer,
    command: string[],
    { workingDirectory }: { workingDirectory?: string } = {},
): Promise<number> {
    const { engine, id } = container;
    const { stdin, stdout, stderr } = process;
    const started = await startOf(container);
    const isTerminal = stdin.isTTY && stdout.isTTY;
    const exec = await engine.docker.getContainer(id).exec({
        Cmd: command,
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Tty: isTerminal,
        ...(isTerminal && { DetachKeys: DETACH_KEYS, Env: [`TERM=${process.env.TERM ?? "xterm"}`] }),
        ...(workingDirectory !== undefined && { WorkingDir: workingDirectory }),
    });
    const stream = await exec.start({ hijack: true, stdin: true, Tty: isTerminal });
    const resize = async () => {
        // It fails until the program has started, and once it has ended.
        for (let attempt = 0; attempt < RESIZE_ATTEMPTS; attempt++) {
            const { rows: h, columns: w } = stdout;
            const isSet = await exec.resize({ h, w }).then(
                () => true,
                () => false,
            );
            if (isSet) return;
            await sleep(50 * attempt);
        }
    };
    // One after the other, so that the newest size wins.
    let resized = Promise.resolve();
    const onResize = () => {
        resized = resized.then(resize);
    };
    const ended = endOf(stream);
    if (isTerminal) {
        stdin.setRawMode(true);
        stdout.on("resize", onResize);
        onResize();
        stream.pipe(stdout, { end: false });
    } else {
        engine.docker.modem.demuxStream(stream, stdout, stderr);
    }
    stdin.pipe(stream);
    try {
        await ended;
    } finally {
        stdin.unpipe(stream);
        stdin.pause();
        stream.destroy();
        if (isTerminal) {
            stdin.setRawMode(false);
            stdout.off("resize", onResize);
        }
    }
    const exitCode = await exitCodeOf(() => exec.inspect());
    if (exitCode === KILLED) {
        // Docker notices a moment later that the container has ended.
        await sleep(1000);
        if ((await startOf(container)) !== started)
            warn(
                `The container of ${container.process.resource} was stopped or replaced, and the program with it.`,
            );
    }
    return exitCode;
}

/** Runs a program in a container without a terminal, and returns its standard output. */
export async function outputOf(
    { engine, id }: Pick<PlacedContainer, "engine" | "id">,
    command: string[],
): Promise<string> {
    const exec = await engine.docker
        .getContainer(id)
        .exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({ hijack: true, stdin: false });
    const [output, errors] = [new PassThrough(), new PassThrough()];
    const collected = Promise.all([text(output), text(errors)]);
    engine.docker.modem.demuxStream(stream, output, errors);
    await endOf(stream);
    output.end();
    errors.end();
    const [stdout, stderr] = await collected;
    const code = await exitCodeOf(() => exec.inspect());
    if (code !== 0)
        throw new CommandError(`${command[0] ?? ""} failed with exit code ${code}: ${stderr.trim()}`);
    return stdout;
}

/** When a container started. Undefined if it does not run: an update may have replaced it. */
async function startOf({ engine, id }: PlacedContainer): Promise<string | undefined> {
    try {
        const { State } = await engine.docker.getContainer(id).inspect();
        return State.Running ? State.StartedAt : undefined;
    } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
    }
}

function endOf(stream: Duplex): Promise<void> {
    return new Promise((resolve, reject) => {
        stream.on("end", resolve);
        stream.on("close", resolve);
        stream.on("error", (error) => {
            reject(new CommandError(`The connection to the container was lost: ${messageOf(error)}`));
        });
    });
}

/** Docker may take a moment to notice that the program has ended. It forgets the program with the container. */
async function exitCodeOf(
    inspect: () => Promise<{ Running: boolean; ExitCode: number | null }>,
): Promise<number> {
    for (let attempt = 0; attempt < 50; attempt++) {
        const exec = await inspect().catch((error: unknown) => {
            if (isNotFound(error)) return { Running: false, ExitCode: KILLED };
            throw error;
        });
        if (!exec.Running && exec.ExitCode !== null) return exec.ExitCode;
        await sleep(100);
    }
    throw new CommandError("The program's exit code is unknown: Docker reports that it is still running");
}
