/** Options that several verbs have. */
import { type Command, Option } from "commander";

/** Adds `--stack`. Without a short form, which programs that verbs pass their arguments to have too. */
export function withStack(command: Command): Command {
    return command.addOption(
        new Option("--stack <name>", "stack to use (default: the selected one, else dev)"),
    );
}

/** Adds `--json`. */
export function withJson(command: Command): Command {
    return command.addOption(new Option("--json", "print JSON"));
}
