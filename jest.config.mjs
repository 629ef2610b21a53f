const project = {
    testEnvironment: "node",
    cacheDirectory: "<rootDir>/node_modules/.cache/jest",
    transform: { "^.+\\.ts$": "@swc/jest" },
    // The library by its name, as examples import it.
    moduleNameMapper: {
        "^drydock$": "<rootDir>/components/index.ts",
        "^drydock/testing$": "<rootDir>/testing/index.ts",
    },
    modulePathIgnorePatterns: ["<rootDir>/dist", "<rootDir>/.drydock"],
};

/** Of the tests that need Docker. */
const e2e = { ...project, setupFilesAfterEnv: ["<rootDir>/tests/e2e/timeout.ts"] };

/** @type {import("jest").Config} */
export default {
    projects: [
        {
            ...project,
            displayName: "unit",
            setupFilesAfterEnv: ["<rootDir>/tests/unit/stack-traces.ts"],
            testMatch: ["**/*.test.ts"],
            testPathIgnorePatterns: [
                "/node_modules/",
                "<rootDir>/tests/(e2e|soak)/",
                "<rootDir>/toolchain/conformance/",
                "\\.e2e\\.test\\.ts$",
            ],
        },
        {
            ...e2e,
            displayName: "e2e",
            testMatch: [
                "<rootDir>/tests/e2e/**/*.test.ts",
                "<rootDir>/toolchain/conformance/**/*.test.ts",
                "<rootDir>/toolchain/**/*.e2e.test.ts",
            ],
        },
        { ...e2e, displayName: "soak", testMatch: ["<rootDir>/tests/soak/**/*.test.ts"] },
    ],
    // Ends a test that hangs, on a slow machine too.
    testTimeout: 120_000,
    maxWorkers: 2,
};
