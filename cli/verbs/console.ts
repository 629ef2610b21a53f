import type { Command } from "commander";
import { APPLICATION, execCommand, type ExecOptions, execute, openTarget } from "../exec.ts";

export function consoleCommand(): Command {
    return execCommand("console")
        .description("open a Rails console in the application's container")
        .argument("[args...]", "arguments of bin/rails console")
        .allowUnknownOption()
        .action(async (args: string[], options: ExecOptions) => {
            await execute(await openTarget(options, APPLICATION), ["bin/rails", "console", ...args]);
        });
}
