import { stripVTControlCharacters } from "node:util";
import {
    colorsFor,
    formatBytes,
    formatCount,
    formatDuration,
    formatTable,
    shortenDigest,
} from "../../../cli/output.ts";

describe("colors", () => {
    test.each([
        [true, {}, true],
        [false, {}, false],
        [true, { NO_COLOR: "1" }, false],
        [true, { NO_COLOR: "" }, true],
        [true, { TERM: "dumb" }, false],
    ])("are on for a terminal (%s) with %j: %s", (isTTY, env, enabled) => {
        expect(colorsFor({ isTTY }, env).isColorSupported).toBe(enabled);
        expect(colorsFor({ isTTY }, env).red("x") !== "x").toBe(enabled);
    });
});

test("a table has columns as wide as what is visible in them", () => {
    const colors = colorsFor({ isTTY: true }, {});
    const table = formatTable(
        ["A", "B"],
        [
            ["long cell", "x"],
            [colors.red("red"), "y"],
        ],
        colors,
    );
    const lines = table.split("\n");
    expect(lines.map((line) => stripVTControlCharacters(line))).toEqual([
        "A          B",
        "long cell  x",
        "red        y",
    ]);
});

test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [512 * 1024 ** 2, "512 MiB"],
    [3 * 1024 ** 4, "3.0 TiB"],
])("formatBytes(%d) is %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
});

test.each([
    [-1, "0 seconds"],
    [1, "1 second"],
    [59, "59 seconds"],
    [60, "1 minute"],
    [7300, "2 hours"],
    [200_000, "2 days"],
])("formatDuration(%d) is %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
});

test.each([
    [0, "0 networks"],
    [1, "1 network"],
    [2, "2 networks"],
])("a count of %d is %j", (count, text) => {
    expect(formatCount(count, "network")).toBe(text);
});

test.each([
    [`sha256:${"ab".repeat(32)}`, "abababababab"],
    [`shop@sha256:${"ab".repeat(32)}`, "shop@abababababab"],
    ["postgres:17", "postgres:17"],
])("the image %s is shortened to %s", (image, short) => {
    expect(shortenDigest(image)).toBe(short);
});
