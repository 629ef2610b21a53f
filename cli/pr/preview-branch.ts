/** Previews what a branch changes in an environment that runs its base. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ExitCode } from "../exit-codes.ts";
import { defaultBase, mergeBase, type Revision, revision, workingTree } from "./git.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type Plans, previewExistingStack } from "./pulumi.ts";
import { untilInterrupted } from "../run-shell.ts";
import { type Summary, summaryOf } from "./summary.ts";
import { throwawayName } from "../../components/shared/throwaway-stack.ts";
import { ThrowawayStack } from "./throwaway-stack.ts";

export interface BranchOptions {
    /** Directory of the project, in a git repository. */
    root: string;
    /** Commit. `@default` the target branch of the pull request, or the main branch */
    base?: string;
    /** Commit. `@default` the working tree */
    head?: string;
    /** Stack to compare with, or whose config a throwaway stack copies. */
    stack: string;
    /** Whether to compare with the stack itself, which is only read. */
    existing: boolean;
    /** Directory of a policy pack. */
    policies?: string;
    dataLossAccepted: boolean;
    /** File for the summary. */
    out: string;
    /** Names of the options, for messages. */
    names: { base: string; head: string; existingCommand: string };
}

/**
 * @returns the exit code
 * @throws CommandError with exit code 130 on Ctrl-C, after removing what was created
 */
export function previewBranch(options: BranchOptions): Promise<number> {
    return untilInterrupted(() => compareRevisions(options));
}

async function compareRevisions(options: BranchOptions): Promise<number> {
    const started = Date.now();
    const { root, stack, existing, policies, dataLossAccepted, names } = options;
    const target = options.base === undefined ? defaultBase(root) : revision(root, options.base);
    const head = options.head === undefined ? workingTree(root) : revision(root, options.head);
    const unknown = "which git does not know: fetch it, or name another commit";
    if (!head) return invalidArgument(`${names.head} is ${options.head ?? ""}, ${unknown}`);
    if (options.base !== undefined && !target)
        return invalidArgument(`${names.base} is ${options.base}, ${unknown}`);
    if (!target && !existing)
        return invalidArgument(
            `${names.base} is not set, and there is no branch main or master: set ${names.base} to a commit`,
        );
    const base = target && mergeBase(root, target, head);
    if (!base && !existing)
        return invalidArgument(
            `git knows no common commit of ${names.base} and ${names.head}: run git fetch --unshallow, or set other commits`,
        );
    const throwaway =
        base && !existing
            ? new ThrowawayStack(root, stack, throwawayName(head.commit), names.existingCommand)
            : undefined;
    const compare = async (): Promise<Outcome> => {
        const { plan, unmasked } =
            base && throwaway
                ? await previewOnThrowaway(throwaway, base, head, policies)
                : await previewExistingStack(root, head, stack, policies);
        const context = {
            base: existing ? `the stack ${stack}` : `an environment of ${base?.title ?? ""}`,
            head: head.title,
            seconds: (Date.now() - started) / 1000,
            dataLossAccepted,
        };
        const summary = summaryOf(plan, unmasked, context);
        return { markdown: summary.markdown, exitCode: exitCodeOf(summary, dataLossAccepted) };
    };
    const { markdown, exitCode, leftover } = await outcomeOf(compare, async () => throwaway?.remove());
    print(markdown, options.out);
    if (leftover !== undefined) console.error(leftover);
    return exitCode;
}

async function previewOnThrowaway(
    throwaway: ThrowawayStack,
    base: Revision,
    head: Revision,
    policies: string | undefined,
): Promise<Plans> {
    throwaway.refuseRemoteDaemons(base, head);
    console.error(`→ Bringing up an environment of ${base.title}: the stack ${throwaway.name}`);
    await throwaway.up(base);
    console.error(`→ Previewing ${head.title} on it`);
    return throwaway.preview(head, policies);
}

function exitCodeOf({ risks, violations }: Summary, dataLossAccepted: boolean): number {
    if (risks.length > 0 && !dataLossAccepted) return ExitCode.DataAtRisk;
    return violations.some(({ mandatory }) => mandatory) ? ExitCode.PolicyViolated : ExitCode.Success;
}

function invalidArgument(message: string): number {
    console.error(`\n✗ ${message}.`);
    return ExitCode.Usage;
}

function print(markdown: string, out: string): void {
    const file = resolve(out);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, markdown);
    console.log(markdown);
    console.error(`The summary is in ${file}`);
}
