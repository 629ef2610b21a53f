import { Failure } from "../../plugin/check";
import { atLeast, boolean, map, number, string, TypeOf } from "../../plugin/schema";
import { plainObject, UNKNOWN, Values } from "../../plugin/values";
import { pick, shuffled } from "./choice";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const NUMERIC = "0123456789";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

/** What RandomPassword and RandomString have in common: which characters, and how many of each class. */
export const properties = {
    keepers: map(),
    length: number({ required: true, validate: atLeast(1) }),
    upper: boolean({ default: true }),
    lower: boolean({ default: true }),
    numeric: boolean({ default: true }),
    /** The deprecated name of `numeric`, which Check keeps equal to it. */
    number: boolean({ ignored: true }),
    special: boolean({ default: true }),
    minUpper: number({ default: 0, validate: atLeast(0) }),
    minLower: number({ default: 0, validate: atLeast(0) }),
    minNumeric: number({ default: 0, validate: atLeast(0) }),
    minSpecial: number({ default: 0, validate: atLeast(0) }),
    overrideSpecial: string(),
};

export type Characters = TypeOf<typeof properties>;

/** What is wrong with the inputs taken together. Sets `numeric` where only `number` is given. */
export function check(inputs: Values): Failure[] {
    inputs.numeric ??= inputs.number;
    const { number, numeric, length, ...given } = plainObject(inputs) as Partial<Characters>;

    const failures: Failure[] = [];
    const isGiven = (value: unknown) => value !== undefined && value !== UNKNOWN;
    if (isGiven(number) && isGiven(numeric) && number !== numeric) {
        failures.push({ property: "number", reason: "number: is not what numeric is; set numeric alone" });
    }
    if ([given.upper, given.lower, numeric, given.special].every((flag) => flag === false)) {
        failures.push({
            property: "numeric",
            reason: "numeric: is false, as are upper, lower and special; set one of them to true",
        });
    }
    const minima = [given.minUpper, given.minLower, given.minNumeric, given.minSpecial];
    const least = minima.reduce<number>((sum, min) => sum + (typeof min === "number" ? min : 0), 0);
    if (typeof length === "number" && length < least) {
        failures.push({
            property: "length",
            reason: `length: ${length} is less than the ${least} that the minima add up to`,
        });
    }
    return failures;
}

/** Draws the characters: of each class its minimum, the rest from all classes that are on, in random order. */
export function draw(inputs: Characters): string {
    const { overrideSpecial = "" } = inputs;
    const special = overrideSpecial === "" ? SPECIAL : overrideSpecial;
    const classes = [
        { characters: UPPER, on: inputs.upper, minimum: inputs.minUpper },
        { characters: LOWER, on: inputs.lower, minimum: inputs.minLower },
        { characters: NUMERIC, on: inputs.numeric, minimum: inputs.minNumeric },
        { characters: special, on: inputs.special, minimum: inputs.minSpecial },
    ];
    const all = classes.map(({ characters, on }) => (on ? characters : "")).join("");
    const drawn = classes.flatMap(({ characters, minimum }) => drawFrom(characters, minimum));
    return shuffled([...drawn, ...drawFrom(all, inputs.length - drawn.length)]).join("");
}

/** The state of a string that was made elsewhere. */
export function imported(result: string) {
    const on = { upper: true, lower: true, numeric: true, number: true, special: true };
    const minima = { minUpper: 0, minLower: 0, minNumeric: 0, minSpecial: 0 };
    return { ...on, ...minima, length: Buffer.byteLength(result), result };
}

function drawFrom(characters: string, count: number): string[] {
    const set = Array.from(characters);
    return Array.from({ length: count }, () => pick(set));
}
