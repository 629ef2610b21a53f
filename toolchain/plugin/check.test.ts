import { check } from "./check";
import { autoname, boolean, list, map, number, object, oneOf, set, string } from "./schema";
import { secret, UNKNOWN, Values } from "./values";

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

test("fills in the defaults that say something, and names them, in nested objects too", () => {
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

test("keeps the name and the defaults that it filled in before", () => {
    const olds = { name: "app-0000000", mode: "old", __defaults: ["mode", "name"] };
    expect(checked({ size: 1 }, olds).inputs).toMatchObject({ name: "app-0000000", mode: "old" });
    // What the program itself said before is no default.
    expect(checked({ size: 1 }, { ...olds, __defaults: [] }).inputs.mode).toBe("bridge");
});

test("takes the name that the project's settings propose, and makes none up where they forbid it", () => {
    const named = (more: object) => check(properties, { size: 1 }, {}, { ...naming, ...more });
    expect(named({ proposed: "theirs" }).inputs.name).toBe("theirs");
    expect(named({ disabled: true }).failures).toEqual([
        { property: "name", reason: "name: is required, set it" },
    ]);
});

test.each<[string, Values, string, RegExp]>([
    [
        "an unknown property",
        { size: 1, sice: 2 },
        "sice",
        /^sice: is not supported here, remove it; supported are .*size/,
    ],
    [
        "an unknown nested property",
        { size: 1, ports: [{ internal: 1, out: 2 }] },
        "ports[0].out",
        /not supported/,
    ],
    ["a missing property", {}, "size", /^size: is required, set it$/],
    ["a missing nested property", { size: 1, ports: [{}] }, "ports[0].internal", /is required/],
    ["a value of another type", { size: "1" }, "size", /^size: "1" is not a number$/],
    ["a value that is not allowed", { size: 1, mode: "x" }, "mode", /^mode: "x" is not one of bridge, host$/],
    ["an empty block", { size: 1, limits: {} }, "limits", /^limits: is empty, leave it out$/],
    ["a block of empty lists", { size: 1, limits: { names: [] } }, "limits", /is empty/],
    ["a label that is no text", { size: 1, labels: { a: 1 } }, 'labels["a"]', /is not a string/],
])("refuses %s by its path", (_, news, property, reason) => {
    expect(checked(news).failures).toEqual([{ property, reason: expect.stringMatching(reason) as string }]);
});

test("takes what is not known yet, and keeps secrets secret", () => {
    const { inputs, failures } = checked({ size: UNKNOWN, mode: secret("host"), labels: { a: UNKNOWN } });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ size: UNKNOWN, mode: secret("host"), labels: { a: UNKNOWN } });
});

test("takes an empty block that has defaults, or is in a set, which the official provider does not panic of", () => {
    const { inputs, failures } = checked({
        size: 1,
        check: {},
        mounts: [{ options: {} }],
        limits: { memory: 0 },
    });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ check: { retries: 3 }, limits: { memory: 0 } });
});

test("does not show a secret that it refuses", () => {
    const [failure] = checked({ size: 1, mode: secret("hunter2") }).failures;
    expect(failure?.property).toBe("mode");
    expect(failure?.reason).not.toContain("hunter2");
});
