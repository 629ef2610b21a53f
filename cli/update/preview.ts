/** Shows what an update would change. */
import { spawnSync } from "node:child_process";
import { engineEnvironments } from "../engine.ts";
import { CommandError, ExitCode, UsageError } from "../exit-codes.ts";
import { colorsFor, printJson, warn } from "../output.ts";
import { type Plans, preview, PreviewError, type UpdateSelection } from "../pr/pulumi.ts";
import { untilInterrupted } from "../run-shell.ts";
import type { Stack } from "../project.ts";
import { warnOfRollbacks } from "../releases.ts";
import { driftOf, readEngines } from "../repair/drift.ts";
import type { Resource } from "../state.ts";
import { describePlan, planData } from "./plan.ts";
import { installPackages, openForUpdate, stackExists, type UpdateOptions } from "./stack.ts";

export interface PreviewOptions extends Pick<UpdateOptions, "stack"> {
    diff?: boolean;
    json?: boolean;
}

export async function previewUpdate(options: PreviewOptions): Promise<void> {
    const stack = await openForUpdate(options);
    installPackages(stack.project);
    if (!(await stackExists(stack, options)))
        throw new UsageError(
            `The project ${stack.project.name} has no stack ${stack.name}`,
            `\`drydock pulumi stack ls\` lists the stacks; \`drydock up${stack.option}\` creates this one.`,
        );
    if (options.diff) {
        const args = ["preview", "--diff", "--stack", stack.name];
        const { status } = spawnSync("pulumi", args, { stdio: "inherit" });
        process.exitCode = status === 0 ? ExitCode.Success : ExitCode.Failure;
        return;
    }
    const { resources = [] } = await stack.deployment();
    warnOfRollbacks(resources);
    const plans = await readPlans(stack);
    if (options.json) printJson(planData(plans));
    else process.stdout.write(`${describePlan(plans, colorsFor(process.stdout)).text}\n`);
    await warnOfDrift(stack, resources);
}

/** The plan compares the program with the state, but not with Docker. */
async function warnOfDrift(stack: Stack, resources: Resource[]): Promise<void> {
    const reading = readEngines(engineEnvironments(stack, resources), resources);
    // The preview has reported an engine that does not answer, if the program needs it.
    const drift = await reading.then(
        (docker) => driftOf(resources, docker),
        () => [],
    );
    if (drift.length > 0)
        warn(`${drift.join("\n  ")}\n  \`drydock up${stack.option}\` brings back what is missing.`);
}

/** @throws CommandError with Pulumi's reason if the program cannot be previewed */
export async function readPlans({ project, name }: Stack, selection: UpdateSelection = {}): Promise<Plans> {
    try {
        return await untilInterrupted(() => preview(project.directory, name, selection));
    } catch (error) {
        if (!(error instanceof PreviewError)) throw error;
        throw new CommandError(error.message, error.details.join("\n").trim(), error.exitCode);
    }
}
