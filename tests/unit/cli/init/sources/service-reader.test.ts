import { splitOutsideBraces, toMemory, toSeconds } from "../../../../../cli/init/sources/service-reader.ts";

test.each([
    ["512m", "512m"],
    ["1g", "1g"],
    ["1.5g", "1536m"],
    ["1073741824", "1g"],
    ["2Gi", "2g"],
    ["1k", undefined],
    ["lots", undefined],
])("the amount of memory %j is %j", (text, size) => {
    expect(toMemory(text)).toBe(size);
});

test.each([
    ["30", 30],
    ["1m30s", 90],
    ["500ms", 1],
    ["soon", undefined],
])("the duration %j is %j seconds", (text, seconds) => {
    expect(toSeconds(text)).toBe(seconds);
});

test("a colon in a default or an IPv6 address separates no ports", () => {
    expect(splitOutsideBraces("${IP:-127.0.0.1}:${PORT:-80}:80")).toEqual([
        "${IP:-127.0.0.1}",
        "${PORT:-80}",
        "80",
    ]);
    expect(splitOutsideBraces("[::1]:80:80")).toEqual(["[::1]", "80", "80"]);
});
