import { formatPlace, type Place } from "./facts.ts";

/**
 * The outcome of a key:
 * - `taken`: an argument does the same.
 * - `changed`: done differently, or not needed.
 * - `later`: Drydock does not support it yet.
 * - `left out`: not done.
 */
export type Outcome = "taken" | "changed" | "later" | "left out";

/** A key of a service, and its outcome. */
export interface Row {
    service: string;
    key: string;
    outcome: Outcome;
    /** The argument that it went to. Empty if it went nowhere. */
    argument?: string;
    /** Why, and what to do instead. Contains no value that may be secret. */
    note?: string;
    place?: Place;
}

/** Collects the outcome of each key. */
export class Report {
    readonly rows: Row[] = [];
    /** What the reader should know about the application and the program. */
    readonly notes: string[] = [];
    /** Why files cannot be read. */
    readonly errors: string[] = [];

    add(row: Row): void {
        const isDuplicate = this.rows.some((other) => JSON.stringify(other) === JSON.stringify(row));
        if (!isDuplicate) this.rows.push(row);
    }

    /** Replaces the row of an earlier step for the same key. */
    replace(row: Row): void {
        const others = this.rows.filter(({ service, key }) => service !== row.service || key !== row.key);
        this.rows.splice(0, this.rows.length, ...others, row);
    }

    /** Replaces all rows of a service. */
    replaceAll(service: string, row: Row): void {
        const others = this.rows.filter((other) => other.service !== service);
        this.rows.splice(0, this.rows.length, ...others, row);
    }

    remove(service: string, key: string): void {
        const others = this.rows.filter((row) => row.service !== service || row.key !== key);
        this.rows.splice(0, this.rows.length, ...others);
    }

    error(text: string): void {
        if (!this.errors.includes(text)) this.errors.push(text);
    }

    note(text: string): void {
        if (!this.notes.includes(text)) this.notes.push(text);
    }

    has(service: string, key: string): boolean {
        return this.rows.some((row) => row.service === service && row.key === key);
    }

    /** Rows whose keys have no effect in the program. */
    get omitted(): Row[] {
        return this.rows.filter(({ outcome }) => outcome === "left out" || outcome === "later");
    }
}

const WORDS: Record<Outcome, string> = {
    taken: "yes",
    changed: "differently",
    later: "not yet",
    "left out": "no",
};

/** The cells of the table, with its heading. */
export function tableOf(rows: Row[]): string[][] {
    const order = [...new Set(rows.map(({ service }) => service))];
    const sorted = [...rows].sort((a, b) => order.indexOf(a.service) - order.indexOf(b.service));
    return [
        ["SERVICE", "KEY", "SUPPORTED", "ARGUMENT", "NOTE", "FROM"],
        ...sorted.map(({ service, key, outcome, argument = "", note = "", place }) => [
            service,
            key,
            WORDS[outcome],
            argument,
            note,
            place ? formatPlace(place) : "",
        ]),
    ];
}
