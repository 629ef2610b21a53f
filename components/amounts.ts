import { quote, Rule } from "./validation";

export const isMemory: Rule = (value) =>
    mebibytes(value) === undefined
        ? `${quote(value)} is not an amount of memory; write 512m or 2g (at least 6m)`
        : undefined;

/** What the provider reads back as it was written. */
export const isCpus: Rule = (value) =>
    typeof value === "number" && value >= 0.1 && Number.isFinite(value)
        ? undefined
        : `${quote(value)} is not a number of processors; use 0.1 or more, such as 1.5`;

export function isWhole(least: number): Rule {
    return (value) =>
        Number.isInteger(value) && Number(value) >= least
            ? undefined
            : `${quote(value)} is not allowed; use a whole number, ${least} or more`;
}

/** An amount of memory as Docker writes it (`512m`, `2g`), in MiB; undefined for anything else. */
export function mebibytes(text: unknown): number | undefined {
    const [, amount, unit = ""] = /^(\d+)([mg])b?$/i.exec(typeof text === "string" ? text : "") ?? [];
    if (amount === undefined) return undefined;
    const total = Number(amount) * (unit.toLowerCase() === "g" ? 1024 : 1);
    return total >= 6 ? total : undefined; // Docker's own minimum.
}
