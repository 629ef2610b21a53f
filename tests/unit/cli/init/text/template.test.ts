import { evaluate, formatTemplate, parseInterpolation } from "../../../../../cli/init/text/template.ts";

describe("interpolation", () => {
    test.each([
        ["5$$", "5$"],
        ["a${B}c", "a1c"],
        ["$B-$D", "1-"],
        ["${D:-x}", "x"],
        ["${E-x}", ""],
        ["${E:-x}", "x"],
        ["${D:-${B}/${D-y}}", "1/y"],
        ["${B:+on}${D:+on}", "on"],
        ["${B:?needed}", "1"],
        ["100$", "100$"],
        ["${not a name}", "${not a name}"],
    ])("%j is %j", (text, value) => {
        expect(evaluate(parseInterpolation(text), { B: "1", E: "" })).toBe(value);
    });

    test("is formatted as it was written", () => {
        const text = "a${B:-c${D}}e${F?g}";
        expect(formatTemplate(parseInterpolation(text))).toBe(text);
    });
});
