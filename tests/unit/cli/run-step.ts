/**
 * Runs a step of `drydock up` or `drydock down` on the stack dev, in a separate process for a Sandbox with fake programs:
 * `node run-step.ts <up|down|explain|faults> <project> [--remove-orphans]`.
 */
import type { CommandError } from "../../../cli/exit-codes.ts";
import { repair } from "../../../cli/repair/repair.ts";
import { readDeployment } from "../../../cli/state.ts";
import { explainFailure } from "../../../cli/update/failure.ts";
import { commandsFor } from "../../../cli/update/stack.ts";
import { faultsAfterStart, printFaults } from "../../../cli/update/summary.ts";

const [step = "", project = "", option] = process.argv.slice(2);
const name = "dev";
const stack = {
    project: { directory: process.cwd(), name: project, file: {} },
    name,
    config: () => undefined,
    deployment: () => Promise.resolve(readDeployment(project, name)),
    option: "",
};

async function main(): Promise<void> {
    switch (step) {
        case "explain":
            explainFailure(project, name);
            return;
        case "faults": {
            const { resources = [] } = readDeployment(project, name);
            printFaults(project, name, await faultsAfterStart(resources), resources, "");
            return;
        }
        case "up":
        case "down":
            await repair({
                stack,
                verb: step,
                wait: false,
                removeOrphans: option === "--remove-orphans",
                commands: commandsFor({}, step),
            });
    }
}

main().catch((error: unknown) => {
    const { message, remedy = "" } = error as CommandError;
    console.error(`${message}\n${remedy}`);
    process.exitCode = 1;
});
