/** @type {import("jest").Config} */
export default {
    testEnvironment: "node",
    testMatch: ["**/*.test.ts"],
    cacheDirectory: "<rootDir>/node_modules/.cache/jest",
    transform: {
        "^.+\\.ts$": "@swc/jest",
    },
    // The library by its name, as examples import it.
    moduleNameMapper: {
        "^drydock$": "<rootDir>/components/index.ts",
        "^drydock/testing$": "<rootDir>/testing/index.ts",
    },
    modulePathIgnorePatterns: ["<rootDir>/dist"],
    // End-to-end tests mostly wait: for Docker, for health checks.
    maxWorkers: 2,
};
