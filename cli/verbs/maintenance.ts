import { Command } from "commander";
import { readPage, setMaintenance } from "../maintenance.ts";
import { withStack } from "../options.ts";
import { openStack, type StackOption } from "../project.ts";

export function maintenanceCommand(): Command {
    const applications = "applications with routes in a gateway (default: all)";
    const on = withStack(new Command("on"))
        .description("make gateways respond with a page and status 503 in place of applications")
        .argument("[applications...]", applications)
        .option("--page <file>", "your own page, in HTML")
        .action(async (names: string[], { page, ...options }: StackOption & { page?: string }) => {
            const content = readPage(page);
            await setMaintenance(await openStack(options), names, content);
        });
    const off = withStack(new Command("off"))
        .description("send requests to the applications again")
        .argument("[applications...]", applications)
        .action(async (names: string[], options: StackOption) => {
            await setMaintenance(await openStack(options), names, undefined);
        });
    return new Command("maintenance")
        .description("show a maintenance page in place of applications")
        .addCommand(on)
        .addCommand(off);
}
