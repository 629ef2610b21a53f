import { Command } from "commander";
import { withStack, withUpdateOptions } from "../options.ts";
import { rotate } from "../update/rotate.ts";
import type { UpdateOptions } from "../update/stack.ts";

export function rotateCommand(): Command {
    const command = new Command("rotate")
        .description("generate a new password or key for a component, and update what uses it")
        .argument("<components...>", "databases, caches, services or applications, such as db")
        .option("-y, --yes", "do not ask (stacks that are not for development ask)")
        .addHelpText(
            "after",
            "\nThis runs an update like `up`: it also applies other changes in the program, which the plan shows.",
        );
    return withUpdateOptions(withStack(command)).action((names: string[], options: UpdateOptions) =>
        rotate(names, options),
    );
}
