/**
 * A test of `make soak`, which stays beside the tests of `make test` that share its environment: a further round of a scenario,
 * of which `make test` has one.
 */
export const soakTest = (name: string, run: () => unknown): void => {
    if (process.env.SOAK === "yes")
        test(name, async () => {
            await run();
        });
};
