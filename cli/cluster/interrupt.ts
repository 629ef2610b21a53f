import { CommandError, ExitCode } from "../exit-codes.ts";

/**
 * Runs work that Ctrl-C or SIGTERM can interrupt. A second signal ends the process at once.
 *
 * @param title of the work, for the error: `The removal of shop-swarm`
 * @param cleanUp runs before the error
 * @throws CommandError with the remedy if it is interrupted
 */
export async function interruptible<T>(
    title: string,
    remedy: string,
    work: () => Promise<T>,
    cleanUp: () => Promise<void> = () => Promise.resolve(),
): Promise<T> {
    let interrupt: () => void = () => undefined;
    const interrupted = new Promise<"interrupted">((resolve) => {
        interrupt = () => {
            resolve("interrupted");
        };
    });
    process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
    try {
        const result = await Promise.race([work().then((value) => ({ value })), interrupted]);
        if (result !== "interrupted") return result.value;
        await cleanUp();
        throw new CommandError(`${title} was interrupted`, remedy, ExitCode.Interrupted);
    } finally {
        process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    }
}
