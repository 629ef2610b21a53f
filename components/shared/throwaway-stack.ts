/** Names of the stacks that `drydock pr` creates and removes. */

/** @param commit that the stack runs */
export function throwawayName(commit: string): string {
    return `preview-${commit.slice(0, 7)}-${process.pid}`;
}

export function isThrowaway(stack: string): boolean {
    return /^preview-[0-9a-f]{7}-\d+$/.test(stack);
}
