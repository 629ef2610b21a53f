import { randomInt } from "node:crypto";

/** Picks an item with uniform probability. */
export function pick(items: readonly string[]): string {
    return items[randomInt(items.length)] ?? "";
}

/** Shuffles the items by random keys. Equal keys, which would bias the order, are negligible among 2^47. */
export function shuffle(items: readonly string[]): string[] {
    return items
        .map((item) => ({ item, key: randomInt(2 ** 47) }))
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item);
}
