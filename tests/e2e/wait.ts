import { setTimeout as sleep } from "node:timers/promises";

/** Waits until a condition holds. Fails after ten minutes, with a description of what it waited for. */
export async function waitUntil(
    description: string,
    condition: () => boolean | Promise<boolean>,
): Promise<void> {
    const end = Date.now() + 10 * 60_000;
    while (Date.now() < end) {
        if (await condition()) return;
        await sleep(300);
    }
    throw new Error(`Timed out waiting until ${description}`);
}
