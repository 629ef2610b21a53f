import type { Command } from "commander";

/** Adds the options of the verbs that update or remove a stack. */
export function withUpdateOptions(command: Command): Command {
    return command
        .option("--wait", "wait for another update to finish instead of failing")
        .option(
            "--remove-orphans",
            "with a remote backend, remove what a killed update left behind; check first that no update is running",
        );
}
