/**
 * What would a branch do to an environment that runs the base? `make preview-pr` runs it.
 *
 * Ends with 0 where nothing is at risk, 1 where there is no preview, 2 for a bad argument, 3 where data is at
 * risk, and 4 where a mandatory policy is broken.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { interrupt } from "./command";
import { Failed, Plans, previewReal, Throwaway } from "./environment";
import { guessedBase, mergeBase, Revision, revision, workingTree } from "./git";
import { failure, Summary, summaryOf } from "./summary";

const ROOT = resolve(__dirname, "..");
const POLICIES = join(ROOT, "policies");
const {
    BASE = "",
    HEAD = "",
    GIVEN_STACK = "",
    GIVEN_BACKEND = "",
    OUT = ".drydock/preview.md",
    DATA_LOSS_ACCEPTED = "",
} = process.env;

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
    try {
        const { plan, open } =
            real || !base
                ? await previewReal(ROOT, head, GIVEN_STACK, POLICIES)
                : await inThrowaway(base, head);
        const circumstances = {
            base: real ? `the stack ${GIVEN_STACK}` : (base?.title ?? ""),
            head: head.title,
            seconds: (Date.now() - started) / 1000,
            lossAccepted: DATA_LOSS_ACCEPTED !== "",
        };
        const summary = summaryOf(plan, open, circumstances);
        tell(summary.markdown);
        return codeOf(summary, circumstances.lossAccepted);
    } catch (error) {
        if (!(error instanceof Failed)) throw error;
        tell(failure(error.message, error.said));
        return 1;
    }
}

async function inThrowaway(base: Revision, head: Revision): Promise<Plans> {
    const name = `${THROWAWAY}${head.commit.slice(0, 7)}-${process.pid}`;
    const like = GIVEN_STACK === "" ? "dev" : GIVEN_STACK;
    const throwaway = new Throwaway(ROOT, like, name);
    try {
        console.error(`→ Bringing up an environment of ${base.title}: the stack ${name}`);
        await throwaway.up(base);
        console.error(`→ Previewing ${head.title} on it`);
        return await throwaway.preview(head, POLICIES);
    } finally {
        console.error("→ Removing the environment");
        await throwaway.remove();
    }
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
