import { parseGoDuration } from "../../../policies/go-duration.ts";

test.each<[string, number | undefined]>([
    ["10s", 10],
    ["1m30s", 90],
    ["1h0m5s", 3605],
    ["1.5s", 1.5],
    ["500ms", 0.5],
    ["2m500us", 120.0005],
    ["10", undefined],
    ["soon", undefined],
    ["10s ago", undefined],
    ["", undefined],
])("the duration %j has %s seconds", (text, seconds) => {
    expect(parseGoDuration(text)).toBe(seconds);
});
