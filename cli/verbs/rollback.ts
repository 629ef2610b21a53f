import { Command, InvalidArgumentError } from "commander";
import { withStack, withUpdateOptions } from "../options.ts";
import { rollBack, type RollbackOptions } from "../update/rollback.ts";

export function rollbackCommand(): Command {
    const command = new Command("rollback")
        .description("run the image and the variables of an earlier release again")
        .argument("[release]", "number that `releases` shows (default: the one before)", parseNumber)
        .option("--app <component>", "application, if the stack has several")
        .option("-y, --yes", "do not ask (stacks that are not for development ask)")
        .addHelpText(
            "after",
            "\nOnly the containers of the application change. No task runs, and no data changes. The next `up` ends the rollback.",
        );
    return withUpdateOptions(withStack(command)).action(
        (release: number | undefined, options: RollbackOptions) => rollBack(release, options),
    );
}

function parseNumber(text: string): number {
    if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("Use the number of a release, such as 3.");
    return Number(text);
}
