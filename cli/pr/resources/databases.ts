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

/** A database that gets another name under the same key. */
export function databaseRisks({ operation, old, new: next }: Step): string[] {
    if (operation !== "update") return [];
    const [before, after] = [old, next].map((state) => recordOf(state?.inputs.databases));
    return Object.entries(before ?? {}).flatMap(([key, from]) => {
        const to = after?.[key];
        return to === undefined || to === from
            ? []
            : [
                  `database ${code(from)} → ${code(to)}: a new, empty one is created, and the old one is no longer used`,
              ];
    });
}

function namesIn(databases: unknown): string[] {
    return Object.values(recordOf(databases));
}

function recordOf(databases: unknown): Record<string, string> {
    return typeof databases === "object" && databases !== null ? (databases as Record<string, string>) : {};
}
