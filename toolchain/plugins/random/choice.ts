import { randomInt } from "node:crypto";

/** One of the items, each as likely as any other. */
export function pick(items: readonly string[]): string {
    return items[randomInt(items.length)] ?? "";
}

/** The items in an order that is as likely as any other: two equal keys among 2^47 are not to be expected. */
export function shuffled(items: readonly string[]): string[] {
    return items
        .map((item) => ({ item, key: randomInt(2 ** 47) }))
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item);
}
