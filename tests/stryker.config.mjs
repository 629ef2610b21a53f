import jestConfig from "../jest.config.mjs";

const [unit] = jestConfig.projects;

/** Such as components/shared/links, whose tests are tests/unit/shared/links.test.ts. */
const mutated = process.env.MUTATED_FILE.replace(/\.ts$/, "");

/**
 * Mutation testing of one file with its own tests: mutants.sh runs it.
 *
 * @type {import("@stryker-mutator/api/core").PartialStrykerOptions}
 */
export default {
    testRunner: "jest",
    jest: {
        configFile: "jest.config.mjs",
        config: {
            projects: [
                {
                    ...unit,
                    // Stryker needs to know which test runs which line, which this runner tells.
                    runner: "jest-runner",
                    testMatch: [`<rootDir>/tests/unit/${mutated.replace(/^components\//, "")}.test.ts`],
                },
            ],
        },
        enableFindRelatedTests: false,
    },
    // Most strings are the texts of messages.
    mutator: { excludedMutations: ["StringLiteral"] },
    coverageAnalysis: "perTest",
    // Far above what a run takes, so that a busy machine does not count as a killed mutant.
    timeoutMS: 60_000,
    reporters: ["clear-text", "progress"],
    clearTextReporter: { allowColor: false, logTests: false, reportScoreTable: true },
    ignorePatterns: ["/dist", "/.drydock", "/toolchain", "/apps", "/bench", "/docs"],
    tempDirName: ".drydock/stryker",
    concurrency: 2,
};
