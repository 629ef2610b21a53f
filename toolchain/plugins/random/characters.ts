import type { Failure } from "../../plugin/check.ts";
import { atLeast, boolean, map, number, string, type TypeOf } from "../../plugin/schema.ts";
import { plainObject, UNKNOWN, type Values } from "../../plugin/values.ts";
import { pick, shuffle } from "./choice.ts";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const NUMERIC = "0123456789";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

/** The common properties of RandomPassword and RandomString: the characters, and how many of each class. */
export const properties = {
    keepers: map(),
    length: number({ required: true, validate: atLeast(1) }),
    upper: boolean({ default: true }),
    lower: boolean({ default: true }),
    numeric: boolean({ default: true }),
    /** The deprecated name of `numeric`. */
    number: boolean({ ignored: true }),
    special: boolean({ default: true }),
    minUpper: number({ default: 0, validate: atLeast(0) }),
    minLower: number({ default: 0, validate: atLeast(0) }),
    minNumeric: number({ default: 0, validate: atLeast(0) }),
    minSpecial: number({ default: 0, validate: atLeast(0) }),
    overrideSpecial: string(),
};

export type Characters = TypeOf<typeof properties>;

/** Validates combinations of inputs. Sets `numeric` if only the deprecated `number` is set. */
export function check(inputs: Values): Failure[] {
    inputs.numeric ??= inputs.number;
    const { number, numeric, length, ...rest } = plainObject(inputs) as Partial<Characters>;

    const failures: Failure[] = [];
    const isKnown = (value: unknown) => value !== undefined && value !== UNKNOWN;
    if (isKnown(number) && isKnown(numeric) && number !== numeric) {
        failures.push({ property: "number", reason: "number: differs from numeric; set numeric only" });
    }
    if ([rest.upper, rest.lower, numeric, rest.special].every((flag) => flag === false)) {
        failures.push({
            property: "numeric",
            reason: "numeric: upper, lower, numeric and special are all false; set one of them to true",
        });
    }
    const minima = [rest.minUpper, rest.minLower, rest.minNumeric, rest.minSpecial];
    const minimumLength = minima.reduce<number>((sum, min) => sum + (typeof min === "number" ? min : 0), 0);
    if (typeof length === "number" && length < minimumLength) {
        failures.push({
            property: "length",
            reason: `length: ${length} is less than ${minimumLength}, the sum of the minimums; increase it`,
        });
    }
    return failures;
}

/** Draws the minimum of each class and the rest from all enabled classes, in random order. */
export function drawString(inputs: Characters): string {
    const { overrideSpecial = "" } = inputs;
    const special = overrideSpecial === "" ? SPECIAL : overrideSpecial;
    const classes = [
        { characters: UPPER, enabled: inputs.upper, minimum: inputs.minUpper },
        { characters: LOWER, enabled: inputs.lower, minimum: inputs.minLower },
        { characters: NUMERIC, enabled: inputs.numeric, minimum: inputs.minNumeric },
        { characters: special, enabled: inputs.special, minimum: inputs.minSpecial },
    ];
    const all = classes.map(({ characters, enabled }) => (enabled ? characters : "")).join("");
    const required = classes.flatMap(({ characters, minimum }) => drawCharacters(characters, minimum));
    return shuffle([...required, ...drawCharacters(all, inputs.length - required.length)]).join("");
}

/** The state of an imported string. */
export function importedState(result: string) {
    const classes = { upper: true, lower: true, numeric: true, number: true, special: true };
    const minima = { minUpper: 0, minLower: 0, minNumeric: 0, minSpecial: 0 };
    return { ...classes, ...minima, length: Buffer.byteLength(result), result };
}

function drawCharacters(characters: string, count: number): string[] {
    const set = Array.from(characters);
    return Array.from({ length: count }, () => pick(set));
}
