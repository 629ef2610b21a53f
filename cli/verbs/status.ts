import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { withJson, withStack } from "../options.ts";
import { colorsFor, printJson, warn } from "../output.ts";
import { openStack, type StackOption } from "../project.ts";
import { type Inventory, readInventory } from "../stack-inventory.ts";
import { formatStatus } from "../status.ts";

interface Options extends StackOption {
    json?: boolean;
    watch?: boolean;
}

/** Between two readings of `--watch`, in milliseconds. */
const INTERVAL = 2000;

export function statusCommand(): Command {
    const command = new Command("status")
        .description("show what runs: state and health, image, memory and CPU, address")
        .option("-w, --watch", "refresh the table every 2 seconds until Ctrl-C");
    return withJson(withStack(command)).action(showStatus);
}

async function showStatus({ stack: name, json = false, watch = false }: Options): Promise<void> {
    const stack = await openStack({ stack: name });
    if (!watch) {
        print(await readInventory(stack), json, stack.option);
        return;
    }
    process.once("SIGINT", () => process.exit(0));
    for (;;) {
        const inventory = await readInventory(stack);
        // Clears the screen only once there is something new to show on it.
        if (process.stdout.isTTY) process.stdout.write("\x1b[H\x1b[2J");
        print(inventory, json, stack.option);
        await sleep(INTERVAL);
    }
}

function print(inventory: Inventory, json: boolean, option: string): void {
    if (json) {
        printJson(inventory);
        return;
    }
    process.stdout.write(`${formatStatus(inventory, colorsFor(process.stdout), new Date(), option)}\n`);
    for (const { node, reason, remedy } of inventory.unreachableNodes)
        warn(
            `Health, memory and CPU on ${node} are missing. ${reason}${remedy === undefined ? "" : `\n  ${remedy}`}`,
        );
}
