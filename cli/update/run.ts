/** Runs `pulumi up` or `pulumi destroy`, with its progress on stderr. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { colorsFor, progress } from "../output.ts";
import { isWrongPassphrase, passphraseRemedy } from "../passphrase.ts";

/** Between two attempts while another update holds the lock, in milliseconds. */
const INTERVAL = 2000;

/** Pulumi's errors if another update holds the lock, in Pulumi Cloud and in any other backend. */
const LOCKED = /\[409\] Conflict: Another update is currently in progress|the stack is currently locked by/;

/** Pulumi's event when it receives a Ctrl-C. */
const INTERRUPTED = "^C received";

export interface Operation {
    /** For messages: `The update`. */
    title: string;
    stack: string;
    /** Whether to wait for another update. */
    wait: boolean;
}

/**
 * Runs an operation. Not with the Automation API, which then runs Pulumi three more times: for the outputs, for the outputs
 * with their secrets, and for the history.
 *
 * @throws CommandError if it fails, for which Pulumi has printed the reason, or if it is interrupted
 */
export async function runOperation({ title, stack, wait }: Operation, args: string[]): Promise<void> {
    const color = colorsFor(process.stderr).isColorSupported ? "always" : "never";
    const all = [
        ...args,
        "--yes",
        "--skip-preview",
        "--suppress-outputs",
        "--stack",
        stack,
        "--color",
        color,
    ];
    const running = new AbortController();
    const waiting = new AbortController();
    const signals: NodeJS.Signals[] = [];
    const onSignal = (signal: NodeJS.Signals) => {
        signals.push(signal);
        waiting.abort();
        // The terminal has sent Ctrl-C to Pulumi too. After a second one, Pulumi would not finish the current step.
        if (signal === "SIGTERM" || !process.stdin.isTTY) running.abort();
    };
    const checkSignals = () => {
        if (signals.length > 0)
            throw new CommandError(
                `${title} was interrupted`,
                "Run the command again to finish it.",
                ExitCode.Interrupted,
            );
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
    try {
        for (let reported = false; ; reported = true) {
            const { code, stderr, isInterrupted } = await runPulumi(all, running.signal);
            if (isInterrupted) signals.push("SIGINT");
            checkSignals();
            if (code === 0) return;
            if (!LOCKED.test(stderr))
                throw new CommandError(
                    `${title} failed`,
                    isWrongPassphrase(stderr) ? passphraseRemedy() : undefined,
                );
            if (!wait)
                throw new CommandError(
                    "Another update of the stack is running",
                    `Wait until it has finished, or pass --wait. If it was killed, release its lock: \`drydock pulumi cancel --stack ${stack}\`.`,
                );
            if (!reported) progress("Another update is running. Waiting until it has finished");
            await sleep(INTERVAL, undefined, { signal: waiting.signal }).catch(() => undefined);
            checkSignals();
        }
    } finally {
        process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    }
}

interface PulumiResult {
    code: number | null;
    stderr: string;
    /** Whether Ctrl-C was pressed during the progress. Pulumi reads the key itself, so this process gets no signal. */
    isInterrupted: boolean;
}

async function runPulumi(args: string[], signal: AbortSignal): Promise<PulumiResult> {
    // On a terminal, Pulumi shows its progress in place.
    if (!process.stdin.isTTY || !process.stderr.isTTY)
        return { ...(await spawnPulumi(args, signal)), isInterrupted: false };
    const directory = mkdtempSync(join(tmpdir(), "drydock-events-"));
    const log = join(directory, "events");
    try {
        // The Automation API reads events in the same way. Pulumi hides secrets in them.
        const ended = await spawnPulumi([...args, "--event-log", log], signal, {
            PULUMI_DEBUG_COMMANDS: "true",
        });
        const events = existsSync(log) ? readFileSync(log, "utf8") : "";
        return { ...ended, isInterrupted: events.includes(INTERRUPTED) };
    } finally {
        rmSync(directory, { recursive: true });
    }
}

function spawnPulumi(
    args: string[],
    signal: AbortSignal,
    env: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; stderr: string }> {
    const child = spawn("pulumi", args, {
        stdio: ["inherit", 2, "pipe"],
        env: { ...process.env, ...env },
    });
    const interrupt = () => child.kill("SIGINT");
    signal.addEventListener("abort", interrupt);
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => {
        stderr += chunk.toString();
        process.stderr.write(chunk);
    });
    return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => {
            signal.removeEventListener("abort", interrupt);
            resolve({ code, stderr });
        });
    });
}
