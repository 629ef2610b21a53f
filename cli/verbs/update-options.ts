import type { Command } from "commander";

/** Adds the options that `up` and `down` share. */
export function withUpdateOptions(command: Command): Command {
    return command
        .option("--wait", "wait for another update to finish instead of failing")
        .option(
            "--remove-orphans",
            "with a remote backend, remove what a killed update left; check first that no update is running",
        );
}
