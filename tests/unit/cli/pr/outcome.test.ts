import { CommandError, UsageError } from "../../../../cli/exit-codes.ts";
import { PreviewError } from "../../../../cli/pr/pulumi.ts";
import { outcomeOf } from "../../../../cli/pr/outcome.ts";
import { failureSummary } from "../../../../cli/pr/summary.ts";

const SUMMARY = { markdown: "a summary", exitCode: 3 };
const compared = () => Promise.resolve(SUMMARY);
const removed = jest.fn(() => Promise.resolve());

describe("the outcome of a comparison", () => {
    test("is its summary; the environment is removed", async () => {
        expect(await outcomeOf(compared, removed)).toEqual(SUMMARY);
        expect(removed).toHaveBeenCalledTimes(1);
    });

    test("of a failure is a summary of it; the environment is removed too", async () => {
        removed.mockClear();
        const refused = () => Promise.reject(new PreviewError("Refused", ["a reason"], 2));
        expect(await outcomeOf(refused, removed)).toEqual({
            markdown: failureSummary("Refused", ["a reason"]),
            exitCode: 2,
        });
        expect(removed).toHaveBeenCalledTimes(1);
    });

    test("of an unexpected error has its message", async () => {
        const outcome = await outcomeOf(() => Promise.reject(new Error("aground")), removed);
        expect(outcome).toMatchObject({
            exitCode: 1,
            markdown: expect.stringContaining("Error: aground") as string,
        });
    });

    test("of an error for the user has its message and remedy, and no stack trace", async () => {
        const error = new UsageError("Pulumi.yaml cannot be read", "Correct the file, and try again.");
        expect(await outcomeOf(() => Promise.reject(error), removed)).toEqual({
            markdown: failureSummary("Pulumi.yaml cannot be read", ["Correct the file, and try again."]),
            exitCode: 1,
        });
        const without = await outcomeOf(() => Promise.reject(new CommandError("No Docker")), removed);
        expect(without.markdown).toMatch(/\n## ✗ No Docker\n$/);
    });

    test("has the summary, exit code 1 and what is left over if the removal fails", async () => {
        const stuck = () =>
            Promise.reject(new PreviewError("The stack is left in /tmp/x", ["a volume is in use"]));
        expect(await outcomeOf(compared, stuck)).toEqual({
            markdown: "a summary",
            exitCode: 1,
            leftover: "a volume is in use\n✗ The stack is left in /tmp/x.",
        });
    });
});
