import jestConfig from "../jest.config.mjs";

const [unit] = jestConfig.projects;

/**
 * Mutation testing of the rules that protect data and refuse bad arguments: `make mutants`.
 *
 * @type {import("@stryker-mutator/api/core").PartialStrykerOptions}
 */
export default {
    mutate: [
        "components/shared/{connection,links,names,validation}.ts",
        "cli/pr/resources/{container,redis-config,server-version,volume}.ts",
    ],
    testRunner: "jest",
    jest: {
        configFile: "jest.config.mjs",
        // Only the tests of the mutated files, so that each file has to be tested directly.
        config: {
            projects: [
                {
                    ...unit,
                    // Stryker needs to know which test runs which line, which this runner tells.
                    runner: "jest-runner",
                    testMatch: [
                        "<rootDir>/tests/unit/shared/{connection,links,names,validation}.test.ts",
                        "<rootDir>/tests/unit/cli/pr/resources/{container,database-name,password,redis-config,server-version,volume}.test.ts",
                    ],
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
