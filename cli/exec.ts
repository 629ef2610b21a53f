/** What the verbs that run a program in a container have in common. */
import { Command, Option } from "commander";
import { chooseProcess, replicasOf, runningContainer, type Target, withEnvironment } from "./containers.ts";
import { withStack } from "./options.ts";
import { openStack, type StackOption } from "./project.ts";
import { nodeEngines, type PlacedContainer, readProcesses } from "./stack-inventory.ts";
import { runInContainer } from "./terminal.ts";

export interface ExecOptions extends StackOption {
    component?: string;
}

export const APPLICATION: Target = {
    matches: ({ type }) => type === "RailsWebApp" || type === "WebApp",
    prefers: ({ type }) => type === "RailsWebApp",
    noun: "application",
};

/**
 * A verb whose arguments go to a program. Options of the verb come before them.
 *
 * @param component that it uses by default, for the help
 */
export function execCommand(name: string, component = "the only application"): Command {
    const command = new Command(name)
        .addOption(new Option("--component <name>", `component or process to use (default: ${component})`))
        .passThroughOptions();
    return withStack(command);
}

/** A running container of the component that the options name, or that the target matches. */
export async function openTarget(
    { stack: name, component }: ExecOptions,
    target: Target,
): Promise<PlacedContainer> {
    const stack = await openStack({ stack: name });
    const processes = await readProcesses(stack);
    const chosen = chooseProcess(processes, component, target, stack);
    const replicas = replicasOf(chosen, processes);
    return runningContainer(stack, chosen, nodeEngines(stack)(chosen.engine), replicas);
}

/** Runs a program with the environment of the container. Its exit code becomes that of the command. */
export async function execute(container: PlacedContainer, program: string[]): Promise<void> {
    process.exitCode = await runInContainer(container, withEnvironment(container, program));
}
