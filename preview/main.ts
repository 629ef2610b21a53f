/**
 * What would a branch do to an environment that runs the base? `make preview-pr` runs it.
 *
 * Ends with 0 where nothing is at risk, 1 where there is no preview or something is left of it, 2 for a bad argument
 * or where a throwaway environment would use what others have, 3 where data is at risk, and 4 where a mandatory
 * policy is broken.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { interrupt } from "./command.ts";
import { type Plans, previewReal } from "./environment.ts";
import { guessedBase, mergeBase, type Revision, revision, workingTree } from "./git.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type Summary, summaryOf } from "./summary.ts";
import { Throwaway } from "./throwaway.ts";

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

/** The stack whose settings a throwaway has. */
const LIKE = GIVEN_STACK === "" ? "dev" : GIVEN_STACK;

/** Names of the stacks of previews begin so; no other is ever made or removed. */
const THROWAWAY = "preview-";

/** Interrupted, it ends as on a failure: what was made is removed. */
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
        interrupted = true;
        interrupt();
    });
}

void main().then((code) => {
    process.exitCode = interrupted ? 130 : code;
});

async function main(): Promise<number> {
    const started = Date.now();
    const real = GIVEN_STACK !== "" && GIVEN_BACKEND !== "";
    const target = BASE === "" ? guessedBase(ROOT) : revision(ROOT, BASE);
    const head = HEAD === "" ? workingTree(ROOT) : revision(ROOT, HEAD);
    if (!head) return badArgument(`HEAD is ${HEAD}, and git knows no such commit: fetch it, or name another`);
    if (BASE !== "" && !target)
        return badArgument(`BASE is ${BASE}, and git knows no such commit: fetch it, or name another`);
    if (!target && !real)
        return badArgument("BASE is not set, and there is no branch main: set BASE to a commit");
    const base = target && mergeBase(ROOT, target, head);
    if (!base && !real)
        return badArgument(
            "BASE and HEAD have no commit in common that git knows: git fetch --unshallow, or name others",
        );
    const throwaway = base && !real ? new Throwaway(ROOT, LIKE, nameFor(head)) : undefined;
    const compared = async (): Promise<Outcome> => {
        const { plan, open } =
            base && throwaway
                ? await inThrowaway(throwaway, base, head)
                : await previewReal(ROOT, head, GIVEN_STACK, POLICIES);
        const circumstances = {
            base: real ? `the stack ${GIVEN_STACK}` : (base?.title ?? ""),
            head: head.title,
            seconds: (Date.now() - started) / 1000,
            lossAccepted: DATA_LOSS_ACCEPTED !== "",
        };
        const summary = summaryOf(plan, open, circumstances);
        return { markdown: summary.markdown, code: codeOf(summary, circumstances.lossAccepted) };
    };
    const { markdown, code, left } = await outcomeOf(compared, async () => throwaway?.remove());
    tell(markdown);
    if (left !== undefined) console.error(left);
    return code;
}

function nameFor({ commit }: Revision): string {
    return `${THROWAWAY}${commit.slice(0, 7)}-${process.pid}`;
}

async function inThrowaway(throwaway: Throwaway, base: Revision, head: Revision): Promise<Plans> {
    throwaway.refuseElsewhere(base, head);
    console.error(`→ Bringing up an environment of ${base.title}: the stack ${throwaway.name}`);
    await throwaway.up(base);
    console.error(`→ Previewing ${head.title} on it`);
    return throwaway.preview(head, POLICIES);
}

function codeOf({ risks, violations }: Summary, lossAccepted: boolean): number {
    if (risks.length > 0 && !lossAccepted) return 3;
    return violations.some(({ mandatory }) => mandatory) ? 4 : 0;
}

function badArgument(message: string): number {
    console.error(`\n✗ ${message}.`);
    return 2;
}

function tell(markdown: string): void {
    const file = resolve(ROOT, OUT);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, markdown);
    console.log(markdown);
    console.error(`The summary is in ${file}`);
}
