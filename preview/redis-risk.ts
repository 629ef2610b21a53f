import { type Component, keepsData } from "./components.ts";
import { code } from "./differences.ts";
import type { State, Step } from "./events.ts";
import { list, text } from "./values.ts";

/** Names of the files with the data, and what Redis calls them by itself. */
const FILES: Record<string, string> = {
    dbfilename: "dump.rdb",
    appenddirname: "appendonlydir",
    appendfilename: "appendonly.aof",
};

/**
 * Settings of a Redis with which it does not find the data that is there, or keeps none.
 *
 * @param open with its secrets: its configuration file is one
 */
export function settingsRisks({ old, new: next }: Step, component: Component): string[] {
    if (component.kind !== "RedisService" || !keepsData(component)) return [];
    const [before, after] = [settings(old), settings(next)];
    if (!before || !after) return []; // Not known before the update.
    return [
        ...appendOnly(isAppendOnly(before), isAppendOnly(after)),
        ...Object.entries(FILES)
            .filter(([key, usual]) => (before.get(key) ?? usual) !== (after.get(key) ?? usual))
            .map(([key]) => `${code(key)} changes: Redis does not find its data by the new name`),
        ...(isKept(before) && !isKept(after)
            ? [`${code("save")} is switched off: what is written is lost when Redis ends`]
            : []),
    ];
}

function appendOnly(before: boolean, after: boolean): string[] {
    if (before === after) return [];
    return [
        after
            ? "`appendonly` is switched on: Redis reads no dump then, and starts empty; first switch it on while it runs (CONFIG SET appendonly yes)"
            : "`appendonly` is switched off: Redis reads its dump then, which may be older or missing; first make one while it runs (SAVE)",
    ];
}

function isAppendOnly(settings: Map<string, string>): boolean {
    return settings.get("appendonly")?.toLowerCase() === "yes";
}

function isKept(settings: Map<string, string>): boolean {
    return settings.get("save") !== "" || isAppendOnly(settings);
}

/** The lines of its configuration file, by their first word: on a Swarm, the file is a resource of its own. */
function settings(state: State | undefined): Map<string, string> | undefined {
    const files = [
        ...list(state?.inputs.uploads).map(({ content }) => text(content)),
        Buffer.from(text(state?.inputs.data), "base64").toString(),
    ];
    const lines = files.find((file) => /^dir /m.test(file))?.split("\n");
    return lines && new Map(lines.map(setting));
}

function setting(line: string): [string, string] {
    const [, key = "", value = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    return [key.toLowerCase(), value.replace(/^(["'])(.*)\1$/, "$2")];
}
