import { goDuration, nanoseconds, shortDuration } from "./duration.ts";

test.each([
    ["0", 0],
    ["5s", 5e9],
    ["1m30s", 90e9],
    ["1.5h", 5400e9],
    ["250ms", 250e6],
    ["3us", 3e3],
    ["", undefined],
    ["5", undefined],
    ["5 s", undefined],
    ["-1s", undefined],
])("parses %j as %p nanoseconds", (text, expected) => {
    expect(nanoseconds(text)).toBe(expected);
});

test.each([
    [0, "0s"],
    [60e9, "1m0s"],
    [90e9, "1m30s"],
    [3600e9, "1h0m0s"],
    [1.5e9, "1.5s"],
    [250e6, "250ms"],
    [3e3, "3µs"],
    [7, "7ns"],
])("formats %p nanoseconds as Go does: %s", (amount, expected) => {
    expect(goDuration(amount)).toBe(expected);
    expect(nanoseconds(expected)).toBe(amount);
});

test.each([
    [0, "0s"],
    [60e9, "1m"],
    [90e9, "1m30s"],
    [600e9, "10m"],
    [3600e9, "1h"],
    [5400e9, "1h30m"],
])("formats %p nanoseconds of a service as %s", (amount, expected) => {
    expect(shortDuration(amount)).toBe(expected);
});
