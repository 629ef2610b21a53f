const project = {
    testEnvironment: "node",
    cacheDirectory: "<rootDir>/node_modules/.cache/jest",
    transform: { "^.+\\.ts$": "@swc/jest" },
    // The library by its name, as examples import it.
    moduleNameMapper: {
        "^pulumi-drydock$": "<rootDir>/components/index.ts",
        "^pulumi-drydock/testing$": "<rootDir>/testing/index.ts",
    },
    modulePathIgnorePatterns: ["<rootDir>/dist", "<rootDir>/.drydock"],
};

/** Of the tests that need Docker. */
const e2e = {
    ...project,
    setupFilesAfterEnv: ["<rootDir>/tests/e2e/timeout.ts", "<rootDir>/tests/e2e/matchers.ts"],
};

/** @type {import("jest").Config} */
export default {
    projects: [
        {
            ...project,
            displayName: "unit",
            // Node itself loads the modules, once for all files. In jest's sandbox, each file loads Pulumi's SDK again.
            runner: "<rootDir>/tests/unit/runner/runner.mjs",
            setupFilesAfterEnv: [
                "<rootDir>/tests/unit/stack-traces.ts",
                "<rootDir>/tests/unit/password-hashes.ts",
                "<rootDir>/tests/unit/unhandled-rejections.ts",
            ],
            testMatch: ["<rootDir>/tests/unit/**/*.test.ts"],
        },
        {
            ...project,
            // The toolchain imports CommonJS modules in a way that Node does not support natively.
            displayName: "sandboxed",
            testMatch: ["<rootDir>/toolchain/**/*.test.ts"],
            testPathIgnorePatterns: [
                "/node_modules/",
                "<rootDir>/toolchain/conformance/",
                "\\.e2e\\.test\\.ts$",
            ],
        },
        {
            ...e2e,
            displayName: "e2e",
            testMatch: ["<rootDir>/tests/e2e/**/*.test.ts", "<rootDir>/toolchain/**/*.e2e.test.ts"],
        },
        {
            ...e2e,
            displayName: "conformance",
            testMatch: ["<rootDir>/toolchain/conformance/**/*.test.ts"],
        },
        {
            ...e2e,
            displayName: "soak",
            testMatch: ["<rootDir>/tests/soak/**/*.test.ts"],
        },
    ],
    // Ends a test that hangs, on a slow machine too.
    testTimeout: 120_000,
    maxWorkers: 2,
    testSequencer: "<rootDir>/tests/slowest-first.mjs",
};
