/** @type {import("jest").Config} */
module.exports = {
    testEnvironment: "node",
    transform: { "^.+\\.ts$": "@swc/jest" },
    modulePathIgnorePatterns: ["<rootDir>/dist"],
    // End-to-end tests mostly wait: for Docker, for health checks.
    maxWorkers: 2,
};
