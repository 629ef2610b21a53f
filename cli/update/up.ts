/** Brings a stack up. */
import { engineEnvironments } from "../engine.ts";
import { CommandError, UsageError } from "../exit-codes.ts";
import { colorsFor, warn } from "../output.ts";
import type { Plan } from "../pr/events.ts";
import { selectionOptions, type UpdateSelection } from "../pr/pulumi.ts";
import type { Stack } from "../project.ts";
import { plannedCommits, warnOfRollbacks } from "../releases.ts";
import { databasesIn, unusedDatabases } from "./unused-databases.ts";
import { repair } from "../repair/repair.ts";
import type { Deployment } from "../state.ts";
import { provideDocker } from "../setup/docker.ts";
import { readInventory } from "../stack-inventory.ts";
import { localStateWarning } from "../state-location.ts";
import { formatStatus } from "../status.ts";
import { askToConfirm, isInteractive } from "../ask.ts";
import { explainFailure } from "./failure.ts";
import { describePlan, refuseDataLoss, refuseMissingPasswords } from "./plan.ts";
import { readPlans } from "./preview.ts";
import { warnOfPrograms } from "./programs.ts";
import { runOperation } from "./run.ts";
import { installPackages, isDevelopment, openForUpdate, ensureStack, type UpdateOptions } from "./stack.ts";
import { faultsAfterStart, formatSummary, printFaults, stackOutputs } from "./summary.ts";

export interface UpOptions extends UpdateOptions {
    /** Components whose data may be lost. */
    acceptDataLoss?: string[];
}

export async function bringUp(options: UpOptions): Promise<void> {
    await updateStack(await openForUpdate(options), options);
}

/** How an update differs from `drydock up`. Such an update shows its plan on every stack. */
export interface Variation {
    update: UpdateSelection;
    /** Components whose passwords and keys are generated again. */
    rotated?: string[];
    /** Sentences before the plan. */
    introduction?: string;
    question?: string;
    /** Throws if the plan does not do what the user asked for. */
    verify?: (plan: Plan) => void;
}

/** Repairs and updates a stack, and reports what runs. */
export async function updateStack(stack: Stack, options: UpOptions, variation?: Variation): Promise<void> {
    for (const env of engineEnvironments(stack, [])) await provideDocker(env, options.yes ?? false);
    installPackages(stack.project);
    await ensureStack(stack, options);
    const { wait = false, removeOrphans = false } = options;
    const before = await repair({ stack, verb: "up", wait, removeOrphans });
    const warning = localStateWarning(stack, before.resources ?? []);
    if (warning !== undefined) warn(warning);
    await warnOfPrograms(stack, before.resources ?? []);
    const endsRollback = variation?.update.targets === undefined && warnOfRollbacks(before.resources ?? []);
    const showsPlan = variation !== undefined || endsRollback || !isDevelopment(stack);
    if (showsPlan && !(await confirmPlan(stack, options, { ...variation, endsRollback }))) return;
    try {
        await runOperation({ title: "The update", stack: stack.name, wait }, [
            "up",
            ...selectionOptions(variation?.update ?? {}),
        ]);
    } catch (error) {
        if (error instanceof CommandError) await explainFailure(stack.project.name, stack.name);
        throw error;
    }
    await reportStack(stack, before);
}

interface PlanOptions extends Partial<Variation> {
    /** Whether applications are rolled back now. */
    endsRollback: boolean;
}

/** Shows the plan, and asks unless the stack is for development. Returns false if the answer is no. */
async function confirmPlan(stack: Stack, options: UpOptions, variation: PlanOptions): Promise<boolean> {
    const { yes, acceptDataLoss = [] } = options;
    const { update = {}, rotated, introduction, question, verify, endsRollback } = variation;
    const plans = await readPlans(stack, update);
    verify?.(plans.plan);
    const { text, risks, hasChanges } = describePlan(plans, colorsFor(process.stdout), rotated);
    if (introduction !== undefined) process.stdout.write(`${introduction}\n\n`);
    process.stdout.write(`${text}\n\n`);
    const commits = update.targets ? [] : plannedCommits(plans.plan.steps, stack.project.directory);
    if (commits.length > 0)
        process.stdout.write(`Commits\n${commits.map((line) => `  ${line}\n`).join("")}\n`);
    if (rotated) refuseMissingPasswords(update.replace ?? [], plans.plan, stack.option);
    if (isDevelopment(stack) && !endsRollback) return true;
    if (!isDevelopment(stack)) refuseDataLoss(risks, acceptDataLoss, stack.option);
    if (yes || !hasChanges) return true;
    if (!isInteractive())
        throw new UsageError(
            isDevelopment(stack)
                ? `The stack ${stack.name} is rolled back, and this update would end the rollback. It needs a confirmation, but this is not an interactive terminal`
                : `The stack ${stack.name} is not for development, so the plan needs a confirmation, but this is not an interactive terminal`,
            isDevelopment(stack)
                ? "Pass --yes."
                : `Pass --yes. If it is for development: \`drydock pulumi config set drydock:development true --stack ${stack.name}\`.`,
        );
    if (await askToConfirm(question ?? `Update ${stack.name}?`)) return true;
    process.stderr.write("The update was not run.\n");
    return false;
}

/** Prints what runs, where, and what to do next. */
async function reportStack(stack: Stack, before: Deployment): Promise<void> {
    const { name, project, option } = stack;
    const { resources = [] } = await stack.deployment();
    const faults = await faultsAfterStart(resources);
    if (faults.length > 0) {
        printFaults(project.name, name, faults, resources, option);
        throw new CommandError(`The stack ${name} is updated, but parts of it are not running`);
    }
    const summary = formatSummary(name, {
        status: formatStatus(
            await readInventory(stack, false),
            colorsFor(process.stdout),
            new Date(),
            option,
        ),
        outputs: stackOutputs(resources),
        notes: unusedDatabases(databasesIn(before.resources ?? []), resources, option),
        option,
    });
    process.stdout.write(summary);
}
