/** Runs an operation of Pulumi's Automation API with its progress on stderr. */
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { colorsFor, progress } from "../output.ts";

interface OperationOptions {
    onOutput: (text: string) => void;
    onError: (text: string) => void;
    color: "always" | "never";
    suppressOutputs: true;
    signal: AbortSignal;
}

/** Between two attempts while another update holds the lock, in milliseconds. */
const INTERVAL = 2000;

/**
 * Runs an operation, and waits for another update if `wait` is set.
 *
 * @throws CommandError if it fails or is interrupted. Pulumi has printed why
 */
export async function runOperation(
    what: string,
    { stack, wait }: { stack: string; wait: boolean },
    operation: (options: OperationOptions) => Promise<unknown>,
): Promise<void> {
    const { ConcurrentUpdateError, CommandError: PulumiError } =
        await import("@pulumi/pulumi/automation/index.js");
    const controller = new AbortController();
    const waiting = new AbortController();
    const interrupted = () =>
        new CommandError(`${what} was interrupted`, "Run it again to finish it.", ExitCode.Interrupted);
    const signals: NodeJS.Signals[] = [];
    const interrupt = () => {
        signals.push("SIGINT");
        waiting.abort();
        // The terminal has sent the signal to Pulumi too, which would not finish what it does after a second one.
        if (!process.stdin.isTTY) controller.abort();
    };
    const terminate = () => {
        signals.push("SIGTERM");
        waiting.abort();
        controller.abort();
    };
    process.on("SIGINT", interrupt);
    process.on("SIGTERM", terminate);
    const write = (text: string) => process.stderr.write(text);
    const options: OperationOptions = {
        ...{ onOutput: write, onError: write, suppressOutputs: true, signal: controller.signal },
        color: colorsFor(process.stderr).isColorSupported ? "always" : "never",
    };
    try {
        let reported = false;
        for (;;) {
            try {
                await operation(options);
                return;
            } catch (error) {
                if (signals.length > 0) throw interrupted();
                if (!(error instanceof PulumiError)) throw error;
                if (!(error instanceof ConcurrentUpdateError)) throw new CommandError(`${what} failed`);
                if (!wait)
                    throw new CommandError(
                        "Another update of the stack is running",
                        `Wait until it has finished, or let this one wait for it: --wait. If it was killed: \`pulumi cancel --stack ${stack}\`.`,
                    );
                if (!reported) progress("Another update is running. Waiting until it has finished");
                reported = true;
                await sleep(INTERVAL, undefined, { signal: waiting.signal }).catch(() => undefined);
                if (signals.length > 0) throw interrupted();
            }
        }
    } finally {
        process.off("SIGINT", interrupt);
        process.off("SIGTERM", terminate);
    }
}
