import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { headLabel, pullRequestOf } from "../../../../cli/pr/github.ts";

describe("the event of a workflow", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-event-"));
    afterAll(() => {
        rmSync(directory, { recursive: true });
    });
    const envOf = (event: object) => {
        const file = join(directory, "event.json");
        writeFileSync(file, JSON.stringify(event));
        return { GITHUB_EVENT_PATH: file };
    };
    const pullRequest = (...labels: string[]) => ({
        pull_request: {
            base: { sha: "b".repeat(40) },
            head: { sha: "a".repeat(40), label: "sam:fix" },
            labels: labels.map((name) => ({ name })),
        },
    });
    const run = { workflow_run: { head_branch: "feature/x", head_repository: { owner: { login: "eve" } } } };

    test("has the commits of the pull request", () => {
        expect(pullRequestOf(envOf(pullRequest("bug")))).toEqual({
            base: "b".repeat(40),
            head: "a".repeat(40),
            dataLossAccepted: false,
        });
    });

    test("accepts data loss if it has the label data-loss-accepted", () => {
        expect(pullRequestOf(envOf(pullRequest("bug", "data-loss-accepted"))).dataLossAccepted).toBe(true);
    });

    test("has the branch with its owner, also for a fork", () => {
        expect(headLabel(envOf(run))).toBe("eve:feature/x");
        expect(headLabel(envOf(pullRequest()))).toBe("sam:fix");
    });

    test.each([
        [
            "a push",
            () => pullRequestOf(envOf({ ref: "refs/heads/main" })),
            "was not triggered by a pull request",
        ],
        ["another workflow", () => pullRequestOf(envOf(run)), "was not triggered by a pull request"],
        ["a push without a run", () => headLabel(envOf({})), "was not triggered by a pull request"],
        ["no workflow", () => pullRequestOf({}), "GITHUB_EVENT_PATH is not set"],
    ])("is refused for %s", (_, read, message) => {
        expect(read).toThrow(message);
    });
});
