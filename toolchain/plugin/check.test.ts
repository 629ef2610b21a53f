import { check } from "./check.ts";
import { autoname, boolean, list, map, number, object, oneOf, set, string } from "./schema.ts";
import { secret, UNKNOWN, type Values } from "./values.ts";

const properties = {
    name: autoname,
    size: number({ required: true }),
    mode: string({ default: "bridge", validate: oneOf("bridge", "host") }),
    quiet: boolean({ default: false }),
    ports: list(object({ internal: number({ required: true }), protocol: string({ default: "tcp" }) })),
    labels: map(),
    limits: object({ memory: number(), names: list(string()) }),
    mounts: set(object({ options: object({ mode: number() }) })),
    check: object({ retries: number({ default: 3 }) }),
};
const naming = { name: "app", randomSeed: Buffer.from("seed") };

const checked = (news: Values, olds: Values = {}) => check(properties, news, olds, naming);

test("adds non-empty defaults and records their names, also in nested objects", () => {
    const { inputs, failures } = checked({ size: 1, ports: [{ internal: 80 }] });
    expect(failures).toEqual([]);
    expect(inputs).toEqual({
        name: expect.stringMatching(/^app-[0-9a-f]{7}$/) as string,
        size: 1,
        mode: "bridge",
        ports: [{ internal: 80, protocol: "tcp", __defaults: ["protocol"] }],
        __defaults: ["mode", "name"],
    });
});

test("keeps the name and the defaults of the previous check", () => {
    const olds = { name: "app-0000000", mode: "old", __defaults: ["mode", "name"] };
    expect(checked({ size: 1 }, olds).inputs).toMatchObject({ name: "app-0000000", mode: "old" });
    // A value that the program set before is not a default.
    expect(checked({ size: 1 }, { ...olds, __defaults: [] }).inputs.mode).toBe("bridge");
});

test("uses the name that the engine proposes, and generates none if autonaming is disabled", () => {
    const named = (more: object) => check(properties, { size: 1 }, {}, { ...naming, ...more });
    expect(named({ proposed: "theirs" }).inputs.name).toBe("theirs");
    expect(named({ disabled: true }).failures).toEqual([{ property: "name", reason: "name: is required" }]);
});

test.each<[string, Values, string, RegExp]>([
    [
        "an unknown property",
        { size: 1, sice: 2 },
        "sice",
        /^sice: is not supported by this plugin; remove it. Supported properties: .*size/,
    ],
    [
        "an unknown nested property",
        { size: 1, ports: [{ internal: 1, out: 2 }] },
        "ports[0].out",
        /not supported/,
    ],
    ["a missing property", {}, "size", /^size: is required$/],
    ["a missing nested property", { size: 1, ports: [{}] }, "ports[0].internal", /is required/],
    ["a value of another type", { size: "1" }, "size", /^size: "1" is not a number$/],
    ["a value that is not allowed", { size: 1, mode: "x" }, "mode", /^mode: "x" is not one of bridge, host$/],
    ["an empty block", { size: 1, limits: {} }, "limits", /^limits: is empty; omit it$/],
    ["a block of empty lists", { size: 1, limits: { names: [] } }, "limits", /is empty/],
    ["a label that is not a string", { size: 1, labels: { a: 1 } }, 'labels["a"]', /is not a string/],
])("refuses %s and names its path", (_, news, property, reason) => {
    expect(checked(news).failures).toEqual([{ property, reason: expect.stringMatching(reason) as string }]);
});

test("accepts unknown values, and keeps secrets secret", () => {
    const { inputs, failures } = checked({ size: UNKNOWN, mode: secret("host"), labels: { a: UNKNOWN } });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ size: UNKNOWN, mode: secret("host"), labels: { a: UNKNOWN } });
});

test("accepts an empty block that has defaults or is in a set, on which the official provider does not panic", () => {
    const { inputs, failures } = checked({
        size: 1,
        check: {},
        mounts: [{ options: {} }],
        limits: { memory: 0 },
    });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ check: { retries: 3 }, limits: { memory: 0 } });
});

test("does not show a refused secret", () => {
    const [failure] = checked({ size: 1, mode: secret("hunter2") }).failures;
    expect(failure?.property).toBe("mode");
    expect(failure?.reason).not.toContain("hunter2");
});
