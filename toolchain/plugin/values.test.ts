import { list, object, string, withDefaults } from "./schema.ts";
import { containsUnknown, markSecrets, plain, plainObject, secret, secretKeys, UNKNOWN } from "./values.ts";

test("removes secret marks, __defaults and nulls", () => {
    expect(plainObject({ a: secret({ b: [secret(1), null] }), c: null, __defaults: ["a"] })).toEqual({
        a: { b: [1, null] },
    });
    expect(plain({ a: { __defaults: [], b: false } })).toEqual({ a: { b: false } });
});

test("finds nested unknown values and secrets", () => {
    expect(containsUnknown([{ a: UNKNOWN }])).toBe(true);
    expect(containsUnknown(["a"])).toBe(false);
    expect(secretKeys({ a: [{ b: secret(1) }], c: 1 })).toEqual(["a"]);
});

test("marks a secret once, and skips undefined values", () => {
    expect(markSecrets({ a: secret(1), b: 2, c: undefined }, ["a", "c"])).toEqual({ a: secret(1), b: 2 });
});

test("adds the defaults of nested objects", () => {
    const properties = {
        ports: list(object({ ip: string({ default: "0.0.0.0" }) })),
        mode: string({ default: "a" }),
    };
    expect(withDefaults(properties, { ports: [{}, { ip: "::1" }] })).toEqual({
        mode: "a",
        ports: [{ ip: "0.0.0.0" }, { ip: "::1" }],
    });
});
