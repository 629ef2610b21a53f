/** Options that several verbs have. */
import { type Command, Option } from "commander";

/** Adds `--stack`. */
export function withStack(command: Command): Command {
    return command.addOption(
        new Option("-s, --stack <name>", "stack to use (default: the selected one, else dev)"),
    );
}

/** Adds `--json`. */
export function withJson(command: Command): Command {
    return command.addOption(new Option("--json", "print JSON"));
}
