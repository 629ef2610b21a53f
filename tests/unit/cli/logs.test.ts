import {
    type LogLine,
    mergeByTime,
    multiplexedLines,
    parseLine,
    parseSince,
    plainLines,
    timeAfter,
} from "../../../cli/logs.ts";
import { colorsFor } from "../../../cli/output.ts";
import { lineFormat, parseCount } from "../../../cli/verbs/logs.ts";

const NOW = new Date("2026-01-01T12:00:00Z");

describe("--since", () => {
    test.each([
        ["30s", "2026-01-01T11:59:30Z"],
        ["1h30m", "2026-01-01T10:30:00Z"],
        ["2d", "2025-12-30T12:00:00Z"],
        ["2026-01-01T11:00:00Z", "2026-01-01T11:00:00Z"],
        ["2026-01-01", "2026-01-01T00:00:00Z"],
    ])("%s is %s", (text, time) => {
        expect(Number(parseSince(text, NOW)) * 1000).toBe(new Date(time).getTime());
    });

    test.each(["yesterday", "10", "5w", "2026-13-01"])("refuses %s", (text) => {
        expect(() => parseSince(text, NOW)).toThrow(expect.objectContaining({ exitCode: 2 }) as Error);
    });
});

test("--tail takes a number", () => {
    expect(parseCount("20")).toBe(20);
    expect(() => parseCount("-1")).toThrow("Use a number");
    expect(() => parseCount("all")).toThrow("Use a number");
});

test.each([
    ["2026-01-01T00:00:00.999999999Z", "1767225601.000000000"],
    ["2026-01-01T00:00:00.5Z", "1767225600.500000001"],
    ["2026-01-01T00:00:00Z", "1767225600.000000001"],
])("the time after %s is %s", (time, after) => {
    expect(timeAfter(time)).toBe(after);
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
    const all: T[] = [];
    for await (const item of items) all.push(item);
    return all;
}

// oxlint-disable-next-line typescript/require-await
async function* of<T>(...items: T[]): AsyncGenerator<T> {
    yield* items;
}

function frame(stream: number, text: string): Buffer {
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
}

describe("a log", () => {
    test("is read in frames, however it is split into chunks", async () => {
        const log = Buffer.concat([
            frame(1, "één\n"),
            frame(2, "two\nthr"),
            frame(1, "four\n"),
            frame(2, "ee\n"),
        ]);
        for (const size of [1, 7, 1000]) {
            const chunks = Array.from({ length: Math.ceil(log.length / size) }, (_, i) =>
                log.subarray(i * size, (i + 1) * size),
            );
            expect(await collect(multiplexedLines(of(...chunks)))).toEqual([
                { stream: "stdout", text: "één" },
                { stream: "stderr", text: "two" },
                { stream: "stdout", text: "four" },
                { stream: "stderr", text: "three" },
            ]);
        }
    });

    test("ends with its last line, also without a line break", async () => {
        expect(await collect(multiplexedLines(of(frame(1, "a\nb"))))).toMatchObject([
            { text: "a" },
            { text: "b" },
        ]);
    });

    test("has the errors of the Docker Engine as lines", async () => {
        expect(await collect(multiplexedLines(of(frame(3, "incomplete\n"))))).toEqual([
            { stream: "error", text: "incomplete" },
        ]);
    });

    test("of a container with a terminal has no frames", async () => {
        const lines = await collect(plainLines(of(Buffer.from("a\r\nb"), Buffer.from("c\n"))));
        expect(lines.map(({ text }) => text)).toEqual(["a", "bc"]);
    });
});

test.each([
    ["T1 hello  world", false, {}, "hello  world"],
    ["T1 ", false, {}, ""],
    ["T1 a=1,b=x%2Cy hello world", true, { a: "1", b: "x,y" }, "hello world"],
])("%j is a time, details and a line", (text, hasDetails, details, line) => {
    expect(parseLine(text, hasDetails)).toEqual({ time: "T1", details, line });
});

describe("the lines of several containers", () => {
    const line = (resource: string, time: string): LogLine => ({
        component: resource,
        resource,
        time,
        stream: "stdout",
        line: "x",
    });

    test("are merged by time", async () => {
        const merged = await collect(
            mergeByTime([
                of(line("a", "2026-01-01T00:00:00.119Z"), line("a", "2026-01-01T00:00:03Z")),
                of(line("b", "2026-01-01T00:00:00.12Z"), line("b", "2026-01-01T00:00:02Z")),
                of(),
            ]),
        );
        expect(merged.map(({ resource }) => resource)).toEqual(["a", "b", "b", "a"]);
    });

    test("have the name of their process in a color of its own", () => {
        const format = lineFormat(["db", "shop-worker"], {}, colorsFor({ isTTY: true }, {}));
        expect(format(line("db", "T"))).toBe("\u001b[36mdb          |\u001b[39m x");
        expect(format({ ...line("shop-worker", "T"), node: "one" })).toBe(
            "\u001b[33mshop-worker one |\u001b[39m x",
        );
        const plain = lineFormat(["db"], { timestamps: true }, colorsFor({ isTTY: false }, {}));
        expect(plain(line("db", "T"))).toBe("db | T x");
    });
});
