import { Characters, check, draw } from "./characters";

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
        "every class by default",
        { length: 500 },
        /^(?=.*[A-Z])(?=.*[a-z])(?=.*[0-9])(?=.*[!@#$%&*])[!-~]{500}$/,
    ],
    ["no class that is off", { upper: false, special: false }, /^[a-z0-9]{12}$/],
    ["the minimum of a class that is off", { special: false, minSpecial: 12 }, /^[^A-Za-z0-9]{12}$/],
    ["special characters of one's choosing", { minSpecial: 12, overrideSpecial: "é~" }, /^[é~]{12}$/],
    [
        "the usual special characters where the choice is empty",
        { minSpecial: 12, overrideSpecial: "" },
        /^[!@#$%&*()_=+[\]{}<>:?-]{12}$/,
    ],
])("draws %s", (_, options, expected) => {
    expect(draw({ ...inputs, ...options })).toMatch(expected);
});

test("puts the minimum of a class anywhere", () => {
    const positions = Array.from({ length: 500 }, () =>
        draw({ ...inputs, numeric: false, minNumeric: 1 }).search(/[0-9]/),
    );
    expect(new Set(positions).size).toBe(12);
});

test.each([
    [{ length: 3, minUpper: 2, minLower: 2 }, ["length: 3 is less than the 4 that the minima add up to"]],
    [
        { length: 3, upper: false, lower: false, special: false, number: false },
        ["numeric: is false, as are upper, lower and special; set one of them to true"],
    ],
    [{ length: 3, number: true, numeric: false }, ["number: is not what numeric is; set numeric alone"]],
    [{ length: 4, minUpper: 2, minLower: 2, number: false }, []],
])("checks %j", (given, reasons) => {
    expect(check(given).map(({ reason }) => reason)).toEqual(reasons);
});

test("the deprecated number stands for numeric", () => {
    const given: Record<string, number | boolean> = { length: 3, number: false };
    check(given);
    expect(given.numeric).toBe(false);
});
