import { Failed } from "../../../preview/environment.ts";
import { outcomeOf } from "../../../preview/outcome.ts";
import { failure } from "../../../preview/summary.ts";

const SUMMARY = { markdown: "a summary", code: 3 };
const compared = () => Promise.resolve(SUMMARY);
const removed = jest.fn(() => Promise.resolve());

describe("the outcome of a comparison", () => {
    test("is its summary, once the environment is removed", async () => {
        expect(await outcomeOf(compared, removed)).toEqual(SUMMARY);
        expect(removed).toHaveBeenCalledTimes(1);
    });

    test("is a summary of what failed, and the environment is removed too", async () => {
        removed.mockClear();
        const refused = () => Promise.reject(new Failed("Refused", ["a reason"], 2));
        expect(await outcomeOf(refused, removed)).toEqual({
            markdown: failure("Refused", ["a reason"]),
            code: 2,
        });
        expect(removed).toHaveBeenCalledTimes(1);
    });

    test("tells an error that nobody has foreseen", async () => {
        const outcome = await outcomeOf(() => Promise.reject(new Error("aground")), removed);
        expect(outcome).toMatchObject({
            code: 1,
            markdown: expect.stringContaining("Error: aground") as string,
        });
    });

    test("keeps its summary where the removal fails, ends with 1, and tells what is left", async () => {
        const stuck = () => Promise.reject(new Failed("The stack is left in /tmp/x", ["a volume is in use"]));
        expect(await outcomeOf(compared, stuck)).toEqual({
            markdown: "a summary",
            code: 1,
            left: "a volume is in use\n✗ The stack is left in /tmp/x.",
        });
    });
});
