/**
 * Previews what a branch changes in an environment that runs its base. `make preview-pr` runs it.
 *
 * Exit codes: 0 if nothing is at risk, 1 if the preview fails or something is left over, 2 for an invalid argument or
 * if a throwaway environment would use existing data, 3 if data is at risk, 4 if a mandatory policy is violated.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { defaultBase, mergeBase, type Revision, revision, workingTree } from "./git.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type Plans, previewExistingStack } from "./pulumi.ts";
import { interrupt } from "./shell.ts";
import { type Summary, summaryOf } from "./summary.ts";
import { ThrowawayStack } from "./throwaway-stack.ts";

const ROOT = resolve(import.meta.dirname, "..");
const POLICIES = join(ROOT, "policies");
const {
    BASE = "",
    HEAD = "",
    GIVEN_STACK = "",
    GIVEN_BACKEND = "",
    OUT = ".drydock/preview.md",
    DATA_LOSS_ACCEPTED = "",
} = process.env;

/** Stack whose config a throwaway stack copies. */
const CONFIG_SOURCE = GIVEN_STACK === "" ? "dev" : GIVEN_STACK;

/** Prefix of the names of throwaway stacks. Only stacks with this prefix are created and removed. */
const THROWAWAY_PREFIX = "preview-";

// On Ctrl-C, clean up as after a failure.
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
        interrupted = true;
        interrupt();
    });
}

void main().then((exitCode) => {
    process.exitCode = interrupted ? 130 : exitCode;
});

async function main(): Promise<number> {
    const started = Date.now();
    const isExistingStack = GIVEN_STACK !== "" && GIVEN_BACKEND !== "";
    const target = BASE === "" ? defaultBase(ROOT) : revision(ROOT, BASE);
    const head = HEAD === "" ? workingTree(ROOT) : revision(ROOT, HEAD);
    if (!head)
        return invalidArgument(`HEAD is ${HEAD}, which git does not know: fetch it, or set another commit`);
    if (BASE !== "" && !target)
        return invalidArgument(`BASE is ${BASE}, which git does not know: fetch it, or set another commit`);
    if (!target && !isExistingStack)
        return invalidArgument("BASE is not set, and there is no branch main: set BASE to a commit");
    const base = target && mergeBase(ROOT, target, head);
    if (!base && !isExistingStack)
        return invalidArgument(
            "git knows no common commit of BASE and HEAD: run git fetch --unshallow, or set other commits",
        );
    const throwaway =
        base && !isExistingStack ? new ThrowawayStack(ROOT, CONFIG_SOURCE, throwawayName(head)) : undefined;
    const compare = async (): Promise<Outcome> => {
        const { plan, open } =
            base && throwaway
                ? await previewOnThrowaway(throwaway, base, head)
                : await previewExistingStack(ROOT, head, GIVEN_STACK, POLICIES);
        const context = {
            base: isExistingStack ? `the stack ${GIVEN_STACK}` : (base?.title ?? ""),
            head: head.title,
            seconds: (Date.now() - started) / 1000,
            dataLossAccepted: DATA_LOSS_ACCEPTED !== "",
        };
        const summary = summaryOf(plan, open, context);
        return { markdown: summary.markdown, exitCode: exitCodeOf(summary, context.dataLossAccepted) };
    };
    const { markdown, exitCode, leftover } = await outcomeOf(compare, async () => throwaway?.remove());
    print(markdown);
    if (leftover !== undefined) console.error(leftover);
    return exitCode;
}

function throwawayName({ commit }: Revision): string {
    return `${THROWAWAY_PREFIX}${commit.slice(0, 7)}-${process.pid}`;
}

async function previewOnThrowaway(throwaway: ThrowawayStack, base: Revision, head: Revision): Promise<Plans> {
    throwaway.refuseRemoteDaemons(base, head);
    console.error(`→ Bringing up an environment of ${base.title}: the stack ${throwaway.name}`);
    await throwaway.up(base);
    console.error(`→ Previewing ${head.title} on it`);
    return throwaway.preview(head, POLICIES);
}

function exitCodeOf({ risks, violations }: Summary, dataLossAccepted: boolean): number {
    if (risks.length > 0 && !dataLossAccepted) return 3;
    return violations.some(({ mandatory }) => mandatory) ? 4 : 0;
}

function invalidArgument(message: string): number {
    console.error(`\n✗ ${message}.`);
    return 2;
}

function print(markdown: string): void {
    const file = resolve(ROOT, OUT);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, markdown);
    console.log(markdown);
    console.error(`The summary is in ${file}`);
}
