/** Options that several verbs share. */
import { type Command, Option } from "commander";

/** Adds `--stack`. It has no short form: `run`, `console` and others pass their arguments to programs that may have a `-s`. */
export function withStack(command: Command): Command {
    return command.addOption(
        new Option("--stack <name>", "stack to use (default: the selected one, else dev)"),
    );
}

/** Adds `--json`. */
export function withJson(command: Command): Command {
    return command.addOption(new Option("--json", "print JSON"));
}

/** Adds the options of the verbs that update or remove a stack. */
export function withUpdateOptions(command: Command): Command {
    return command
        .option("--wait", "wait for another update to finish instead of failing")
        .option(
            "--remove-orphans",
            "with a remote backend, remove what a killed update left behind; check first that no update is running",
        );
}
