/** Shows what an update would change. */
import { spawnSync } from "node:child_process";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { colorsFor, printJson } from "../output.ts";
import { type Plans, preview, PreviewError } from "../pr/pulumi.ts";
import type { Stack } from "../project.ts";
import { describePlan, planData } from "./plan.ts";
import { installPackages, openForUpdate, selectOrCreateStack, type UpdateOptions } from "./stack.ts";

export interface PreviewOptions extends Pick<UpdateOptions, "stack"> {
    diff?: boolean;
    json?: boolean;
}

export async function previewUpdate(options: PreviewOptions): Promise<void> {
    const stack = await openForUpdate(options);
    await installPackages(stack.project);
    await selectOrCreateStack(stack, options);
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

/** @throws CommandError with Pulumi's reason if the program cannot be previewed */
export async function readPlans({ project, name }: Stack): Promise<Plans> {
    try {
        return await preview(project.directory, name);
    } catch (error) {
        if (!(error instanceof PreviewError)) throw error;
        throw new CommandError(error.message, error.details.join("\n").trim());
    }
}
