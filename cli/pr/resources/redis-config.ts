import type { Component } from "../components.ts";
import { type Properties, type Step, UNKNOWN } from "../events.ts";
import { code, string } from "../values.ts";
import { hasData } from "./server-version.ts";

/** Settings that name the files with the data, and their defaults in Redis. */
const FILE_NAMES: Record<string, string> = {
    dbfilename: "dump.rdb",
    appenddirname: "appendonlydir",
    appendfilename: "appendonly.aof",
};

/**
 * Changes of settings after which Redis does not find its data, or no longer keeps any. These settings are inputs of the
 * RedisService (`persistence`), which states of older versions lack.
 */
export function redisConfigRisks(step: Step, component: Component): string[] {
    const [before, after] = [step.old, step.new].map((state) => state?.inputs.persistence);
    if (!isSettings(before) || !isSettings(after) || !hasData(component)) return [];
    const renamed = Object.entries(FILE_NAMES).filter(
        ([name, usual]) => (before[name] ?? usual) !== (after[name] ?? usual),
    );
    return [
        ...appendOnlyRisks(isAppendOnly(before), isAppendOnly(after)),
        ...renamed.map(
            ([name]) => `${code(name)} changes: Redis looks for its data under the new name and starts empty`,
        ),
        ...(isKept(before) && !isKept(after)
            ? ["`save` is turned off: everything written since then is lost when Redis stops"]
            : []),
    ];
}

function isSettings(value: unknown): value is Properties {
    return typeof value === "object" && value !== null && !Object.values(value).includes(UNKNOWN);
}

function appendOnlyRisks(before: boolean, after: boolean): string[] {
    if (before === after) return [];
    return [
        after
            ? "`appendonly` is turned on: Redis then ignores its dump and starts empty; first run CONFIG SET appendonly yes in the running Redis"
            : "`appendonly` is turned off: Redis then reads its dump, which may be old or missing; first run SAVE in the running Redis",
    ];
}

function isAppendOnly({ appendonly }: Properties): boolean {
    return string(appendonly).toLowerCase() === "yes";
}

function isKept(settings: Properties): boolean {
    return string(settings.save) !== "" || settings.save === undefined || isAppendOnly(settings);
}
