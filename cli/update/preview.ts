/** Shows what an update would change. */
import { spawnSync } from "node:child_process";
import { CommandError, ExitCode, UsageError } from "../exit-codes.ts";
import { colorsFor, printJson } from "../output.ts";
import { type Plans, preview, PreviewError } from "../pr/pulumi.ts";
import { interrupt } from "../pr/shell.ts";
import type { Stack } from "../project.ts";
import { describePlan, planData } from "./plan.ts";
import { installPackages, openForUpdate, selectStack, type UpdateOptions } from "./stack.ts";

export interface PreviewOptions extends Pick<UpdateOptions, "stack"> {
    diff?: boolean;
    json?: boolean;
}

export async function previewUpdate(options: PreviewOptions): Promise<void> {
    const stack = await openForUpdate(options);
    installPackages(stack.project);
    if (!(await selectStack(stack, options)))
        throw new UsageError(
            `The project ${stack.project.name} has no stack ${stack.name}`,
            "`pulumi stack ls` lists the stacks, and `drydock up` creates one.",
        );
    if (options.diff) {
        const args = ["preview", "--diff", "--stack", stack.name];
        const { status } = spawnSync("pulumi", args, { stdio: "inherit" });
        process.exitCode = status === 0 ? ExitCode.Success : ExitCode.Failure;
        return;
    }
    const plans = await readPlans(stack);
    if (options.json) printJson(planData(plans));
    else process.stdout.write(`${describePlan(plans, colorsFor(process.stdout)).text}\n`);
}

/**
 * @param replace URNs of resources to replace
 * @throws CommandError with Pulumi's reason if the program cannot be previewed
 */
export async function readPlans({ project, name }: Stack, replace: string[] = []): Promise<Plans> {
    try {
        return await untilInterrupted(() => preview(project.directory, name, { replace }));
    } catch (error) {
        if (!(error instanceof PreviewError)) throw error;
        throw new CommandError(error.message, error.details.join("\n").trim(), error.exitCode);
    }
}

/**
 * Runs a preview, which is in a process group of its own: passes Ctrl-C on to it, and waits until it has ended. Its files,
 * which may have secrets, are removed then.
 *
 * @throws CommandError with exit code 130 on Ctrl-C
 */
export async function untilInterrupted<T>(run: () => Promise<T>): Promise<T> {
    const signals: NodeJS.Signals[] = [];
    const stop = (signal: NodeJS.Signals) => {
        signals.push(signal);
        interrupt();
    };
    process.on("SIGINT", stop).on("SIGTERM", stop);
    try {
        const result = await run();
        if (signals.length === 0) return result;
    } catch (error) {
        if (signals.length === 0) throw error;
    } finally {
        process.off("SIGINT", stop).off("SIGTERM", stop);
    }
    throw new CommandError("The preview was interrupted", undefined, ExitCode.Interrupted);
}
