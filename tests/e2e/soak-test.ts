/**
 * Registers a test that only `make soak` runs: a further round of a scenario, of which `make test` has one. It stays in the file
 * whose environment it needs.
 */
export const soakTest = (name: string, run: () => unknown): void => {
    if (process.env.SOAK === "yes")
        test(name, async () => {
            await run();
        });
};
