#!/usr/bin/env node
// Old versions of Node.js must be able to parse this file: it tells their users what to install.
import * as module from "node:module";

/** The first version that can `require` an ES module, which the compiled command does. */
const MINIMUM = [22, 12] as const;

/** How long open handles may keep the process alive once the command has finished, in milliseconds. */
const EXIT_DELAY = 500;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
    console.error(
        `✗ Drydock needs Node.js ${MINIMUM.join(".")} or newer, but this is ${process.versions.node}\n  Install it from https://nodejs.org`,
    );
    process.exitCode = 1;
} else {
    // Halves the start-up time.
    if ("enableCompileCache" in module) module.enableCompileCache();
    // The reader of a pipe may stop early: `drydock logs | head`.
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE") throw error;
        process.exit(0);
    });
    void run();
}

async function run(): Promise<void> {
    const { installedCommand } = await import("./installed-command.ts");
    const installed = installedCommand(process.cwd());
    if (installed !== undefined) {
        // The shell runs `complete` while the user is typing a line.
        if (process.argv[2] !== "complete")
            console.error(
                `→ Running pulumi-drydock ${installed.version}, the version installed in ${installed.directory}`,
            );
        process.argv[1] = installed.path;
        await import(installed.path);
        return;
    }
    const { main } = await import("./main.ts");
    const code = await main(process.argv.slice(2));
    process.exitCode = code;
    // Normally nothing keeps the process alive. Call `process.exit` only if a connection to a machine hangs: it waits for V8's
    // threads, which may wait for the main thread in turn (nodejs/node 54918).
    process.stdout.write("", () => {
        setTimeout(() => process.exit(code), EXIT_DELAY).unref();
    });
}
