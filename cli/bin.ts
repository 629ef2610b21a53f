#!/usr/bin/env node
// Old versions of Node.js must be able to parse this file: it tells their users what to install.
import * as module from "node:module";

const MINIMUM = 22;

const [major = 0] = process.versions.node.split(".").map(Number);
if (major < MINIMUM) {
    console.error(
        `✗ Drydock needs Node.js ${MINIMUM} or newer, and this is ${process.versions.node}: see https://nodejs.org`,
    );
    process.exitCode = 1;
} else {
    // Halves the time that the command takes to start.
    if ("enableCompileCache" in module) module.enableCompileCache();
    // The reader of a pipe has enough: `drydock logs | head`.
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE") throw error;
        process.exit(0);
    });
    void import("./main.ts").then(async ({ main }) => {
        const code = await main(process.argv.slice(2));
        // A connection to a machine that hangs would keep the process alive.
        process.stdout.write("", () => process.exit(code));
    });
}
