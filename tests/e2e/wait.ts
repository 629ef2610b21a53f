import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until a condition holds. A condition that throws does not hold yet: a Swarm that elects a new leader refuses
 * commands for a moment. Fails after ten minutes, with a description of what it waited for and the last error.
 */
export async function waitUntil(
    description: string,
    condition: () => boolean | Promise<boolean>,
): Promise<void> {
    const end = Date.now() + 10 * 60_000;
    let lastError: unknown;
    while (Date.now() < end) {
        try {
            if (await condition()) return;
            lastError = undefined;
        } catch (error) {
            lastError = error;
        }
        await sleep(300);
    }
    throw new Error(`Timed out waiting until ${description}`, { cause: lastError });
}
