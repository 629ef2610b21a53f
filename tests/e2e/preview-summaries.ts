import { resolve } from "node:path";
import { PreviewError } from "../../cli/pr/pulumi.ts";
import { type Revision, revision } from "../../cli/pr/git.ts";
import { type Summary, summaryOf } from "../../cli/pr/summary.ts";
import { ThrowawayStack } from "../../cli/pr/throwaway-stack.ts";
import { Clone } from "./clone.ts";
import { BASE, type Branch, type Change, DEV, PASSWORD } from "./preview-branches.ts";

const POLICIES = resolve(import.meta.dirname, "../../policies");

/** Brings up the dev stack, and previews each branch on it. */
export function describeSummaries(branches: Record<string, Branch>): void {
    describe("the summary of a branch", () => {
        const clone = new Clone();
        const throwaway = new ThrowawayStack(
            clone.dir,
            "dev",
            `preview-test-${process.pid}`,
            "drydock pr --existing",
        );
        let base: Revision;

        /** Changes files and commits them, with another commit as the parent. */
        function commit(on: string, name: string, changes: Change[]): Revision {
            clone.shell(`git checkout --quiet --force --detach ${on}`);
            for (const [file, from, to] of changes) clone.edit(file, from, to);
            clone.commit(name);
            const head = revision(clone.dir, "HEAD");
            if (!head) throw new Error("git knows no HEAD");
            return { ...head, title: name };
        }

        async function summarize(head: Revision): Promise<Summary> {
            const { plan, unmasked } = await throwaway.preview(head, POLICIES);
            return summaryOf(plan, unmasked, {
                base: base.title,
                head: head.title,
                seconds: 1,
                dataLossAccepted: false,
            });
        }

        beforeAll(async () => {
            base = commit("HEAD", "base", BASE);
            await throwaway.up(base);
        });
        afterAll(async () => {
            await throwaway.remove();
            expect(
                clone.shell("docker ps --all --quiet --filter label=drydock.stack=" + throwaway.name),
            ).toBe("");
            expect(clone.shell("git worktree list | wc -l").trim()).toBe("1");
            await clone.dispose();
        });

        test.each(Object.entries(branches))("describes %s", async (name, branch) => {
            const { markdown, risks, violations } = await summarize(
                commit(base.commit, name, branch.changes),
            );
            for (const expected of branch.summary) expect(markdown).toMatch(expected);
            const atRisk = risks.map(({ component, description }) => `${component}: ${description}`);
            expect(atRisk).toEqual(
                (branch.risks ?? []).map((risk) => expect.stringContaining(risk) as string),
            );
            const broken = violations.filter(({ mandatory }) => mandatory).map(({ policy }) => policy);
            expect(broken).toEqual(branch.policies ?? []);
            expect(markdown.includes("Data at risk")).toBe(risks.length > 0);
            for (const secret of [PASSWORD, "another-password", "ahoy-there", "postgres://", "redis://"])
                expect(markdown).not.toContain(secret);
        });

        test("is not written for a program that throws: the error is shown", async () => {
            const head = commit(base.commit, "broken", [
                [DEV, "    const web =", 'throw new Error("run aground");\nconst web ='],
            ]);
            const failed = await summarize(head).catch((error: unknown) => error);
            expect(failed).toBeInstanceOf(PreviewError);
            expect((failed as PreviewError).details.join("\n")).toContain("run aground");
        });
    });
}
