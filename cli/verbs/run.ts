import type { Command } from "commander";
import { APPLICATION, execCommand, type ExecOptions, execute, openTarget } from "../exec.ts";

export function runCommand(): Command {
    return execCommand("run")
        .description("run a command in the application's container, with its environment and a terminal")
        .argument("<command...>", "program and its arguments")
        .addHelpText(
            "after",
            "\nExamples:\n  drydock run bin/rails db:migrate:status\n  drydock run --component db df -h",
        )
        .action(async (command: string[], options: ExecOptions) => {
            await execute(await openTarget(options, APPLICATION), command);
        });
}
