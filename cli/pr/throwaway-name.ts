/** The names of the stacks that `drydock pr` creates and removes. */
import type { Revision } from "./git.ts";

export function throwawayName({ commit }: Revision): string {
    return `preview-${commit.slice(0, 7)}-${process.pid}`;
}

export function isThrowaway(stack: string): boolean {
    return /^preview-[0-9a-f]{7}-\d+$/.test(stack);
}
