/** The values that `drydock secrets import` takes from a source. */
export interface Selection {
    values: Record<string, string>;
    /** Names skipped because the program does not require them. */
    unrequested: string[];
    /** Names skipped because their value is empty. */
    empty: string[];
}

/** @param wanted names to take */
export function selectValues(source: Record<string, string>, wanted: string[]): Selection {
    const entries = Object.entries(source);
    const isWanted = ([name]: [string, string]) => wanted.includes(name);
    return {
        values: Object.fromEntries(entries.filter((entry) => isWanted(entry) && entry[1] !== "")),
        unrequested: entries.filter((entry) => !isWanted(entry)).map(([name]) => name),
        empty: entries.filter((entry) => isWanted(entry) && entry[1] === "").map(([name]) => name),
    };
}
