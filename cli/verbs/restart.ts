import { Command } from "commander";
import { selectProcesses } from "../containers.ts";
import { withStack } from "../options.ts";
import { progress } from "../output.ts";
import { openStack, type StackOption } from "../project.ts";
import { restartProcess } from "../restart.ts";
import { readProcesses } from "../stack-inventory.ts";

export function restartCommand(): Command {
    const command = new Command("restart")
        .description(
            "restart the containers of components one after the other, waiting until each is healthy",
        )
        .argument("<components...>", "components or processes, such as shop or shop/worker");
    return withStack(command).action(async (names: string[], options: StackOption) => {
        const stack = await openStack(options);
        const processes = await readProcesses(stack);
        // In the order of the state: what a container uses comes before it.
        for (const each of selectProcesses(processes, names, stack)) {
            progress(`Restarting ${each.resource}`);
            await restartProcess(each, stack);
        }
    });
}
