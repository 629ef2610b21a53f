import type { Description } from "../changes.ts";
import type { Step } from "../events.ts";
import { code } from "../values.ts";

/** A Postgres whose `databases` change. Nothing drops a database that the program no longer names. */
export function describeDatabases({ operation, old, new: next }: Step): Description {
    if (operation !== "update") return { sentences: [], effects: [] };
    const [before, after] = [old, next].map((state) => namesIn(state?.inputs.databases));
    const added = after?.filter((name) => !before?.includes(name)) ?? [];
    const removed = before?.filter((name) => !after?.includes(name)) ?? [];
    return {
        sentences: [
            ...added.map((name) => `database ${code(name)} is created if it does not exist`),
            ...removed.map(
                (name) => `database ${code(name)} is no longer used; it stays on the server with its data`,
            ),
        ],
        effects: [],
    };
}

function namesIn(databases: unknown): string[] {
    if (typeof databases !== "object" || databases === null) return [];
    return Object.values(databases).filter((name) => typeof name === "string");
}
