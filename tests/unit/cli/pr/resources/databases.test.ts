import type { Operation, Step } from "../../../../../cli/pr/events.ts";
import { type Change, COMMAND, component, type Inputs, summary } from "../steps.ts";

/** A PostgresService whose `databases` change. */
function postgres(before: Inputs, after: Inputs, ...changes: Change[]): Step[] {
    const [own, ...children] = component("PostgresService", ...changes);
    const state = (databases: Inputs) => ({ inputs: { databases }, outputs: {} });
    const operation: Operation = "update";
    return own ? [{ ...own, operation, old: state(before), new: state(after) }, ...children] : [];
}

describe("databases of a Postgres", () => {
    const created: Change = [COMMAND, "it-database-queue", "create", {}, {}];
    const deleted: Change = [COMMAND, "it-database-queue", "delete", {}, {}];

    test("that are new are named", () => {
        const { markdown } = summary(
            postgres({ a: "shop_a" }, { a: "shop_a", queue: "shop_queue" }, created),
        );
        expect(markdown).toContain("database `shop_queue` is created if it does not exist");
        expect(markdown).not.toContain("shop_a");
    });

    test("that the program no longer names are said to stay, which is no risk", () => {
        const { markdown, risks } = summary(postgres({ queue: "shop_queue" }, {}, deleted));
        expect(markdown).toContain(
            "database `shop_queue` is no longer used; it stays on the server with its data",
        );
        expect(risks).toEqual([]);
    });

    test("with another name under the same key are at risk", () => {
        expect(summary(postgres({ queue: "a", cache: "c" }, { queue: "b" }, created)).risks).toEqual([
            {
                component: "it",
                description:
                    "database `a` → `b`: a new, empty one is created, and the old one is no longer used",
            },
        ]);
    });

    test("with another key are the same", () => {
        const { markdown } = summary(postgres({ queue: "jobs" }, { work: "jobs" }, created, deleted));
        expect(markdown).not.toContain("jobs`");
    });
});
