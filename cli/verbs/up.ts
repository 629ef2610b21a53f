import { Command } from "commander";
import { withStack, withUpdateOptions } from "../options.ts";
import { bringUp, type UpOptions } from "../update/up.ts";

export function upCommand(): Command {
    const command = new Command("up")
        .description("bring the stack up, or update it, and show what runs and where")
        .option("-y, --yes", "do not ask (stacks that are not for development show the plan and ask)")
        .option(
            "--accept-data-loss <component>",
            "component whose data may be lost; may be repeated",
            (component: string, others?: string[]) => [...(others ?? []), component],
        )
        .addHelpText(
            "after",
            "\nFirst repairs what a killed update left behind, and brings back what was stopped or removed by hand.",
        );
    return withUpdateOptions(withStack(command)).action((options: UpOptions) => bringUp(options));
}
