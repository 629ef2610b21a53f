import { type Characters, check, drawString } from "./characters.ts";

const inputs: Characters = {
    length: 12,
    upper: true,
    lower: true,
    numeric: true,
    special: true,
    minUpper: 0,
    minLower: 0,
    minNumeric: 0,
    minSpecial: 0,
};

test.each<[string, Partial<Characters>, RegExp]>([
    [
        "all classes by default",
        { length: 500 },
        /^(?=.*[A-Z])(?=.*[a-z])(?=.*[0-9])(?=.*[!@#$%&*])[!-~]{500}$/,
    ],
    ["no disabled class", { upper: false, special: false }, /^[a-z0-9]{12}$/],
    ["the minimum of a disabled class", { special: false, minSpecial: 12 }, /^[^A-Za-z0-9]{12}$/],
    ["overrideSpecial", { minSpecial: 12, overrideSpecial: "é~" }, /^[é~]{12}$/],
    [
        "the default special characters if overrideSpecial is empty",
        { minSpecial: 12, overrideSpecial: "" },
        /^[!@#$%&*()_=+[\]{}<>:?-]{12}$/,
    ],
])("draws %s", (_, options, expected) => {
    expect(drawString({ ...inputs, ...options })).toMatch(expected);
});

test("places the minimum of a class at random positions", () => {
    const positions = Array.from({ length: 500 }, () =>
        drawString({ ...inputs, numeric: false, minNumeric: 1 }).search(/[0-9]/),
    );
    expect(new Set(positions).size).toBe(12);
});

test.each([
    [
        { length: 3, minUpper: 2, minLower: 2 },
        ["length: 3 is less than 4, the sum of the minimums; increase it"],
    ],
    [
        { length: 3, upper: false, lower: false, special: false, number: false },
        ["numeric: upper, lower, numeric and special are all false; set one of them to true"],
    ],
    [{ length: 3, number: true, numeric: false }, ["number: differs from numeric; set numeric only"]],
    [{ length: 4, minUpper: 2, minLower: 2, number: false }, []],
])("checks %j", (given, reasons) => {
    expect(check(given).map(({ reason }) => reason)).toEqual(reasons);
});

test("the deprecated number sets numeric", () => {
    const given: Record<string, number | boolean> = { length: 3, number: false };
    check(given);
    expect(given.numeric).toBe(false);
});
