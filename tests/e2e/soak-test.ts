/** Whether `make soak` runs the tests. */
export const isSoak = process.env.SOAK === "yes";

/**
 * Registers a test that only `make soak` runs: a further round of a scenario, of which `make test` has one. It stays in the file
 * whose environment it needs.
 */
export const soakTest = (name: string, run: () => unknown): void => {
    if (isSoak)
        test(name, async () => {
            await run();
        });
};
