import { setTimeout as sleep } from "node:timers/promises";

/** Tries the operation every half second while it fails with a reason that time may cure. */
export async function retryWhile<T>(
    curable: (error: unknown) => boolean,
    seconds: number,
    signal: AbortSignal,
    operation: () => Promise<T>,
): Promise<T> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        try {
            return await operation();
        } catch (error) {
            if (!curable(error) || Date.now() > deadline) throw error;
        }
        await sleep(500, undefined, { signal });
    }
}
