import { list, object, string, withDefaults } from "./schema";
import { containsUnknown, marked, plain, plainObject, secret, secretKeys, UNKNOWN } from "./values";

test("marks of secrets, lists of defaults and nulls are for the engine alone", () => {
    expect(plainObject({ a: secret({ b: [secret(1), null] }), c: null, __defaults: ["a"] })).toEqual({
        a: { b: [1, null] },
    });
    expect(plain({ a: { __defaults: [], b: false } })).toEqual({ a: { b: false } });
});

test("a value holds what is anywhere inside it", () => {
    expect(containsUnknown([{ a: UNKNOWN }])).toBe(true);
    expect(containsUnknown(["a"])).toBe(false);
    expect(secretKeys({ a: [{ b: secret(1) }], c: 1 })).toEqual(["a"]);
});

test("a secret is marked once, and what is not there not at all", () => {
    expect(marked({ a: secret(1), b: 2, c: undefined }, ["a", "c"])).toEqual({ a: secret(1), b: 2 });
});

test("defaults are filled in wherever objects are nested", () => {
    const properties = {
        ports: list(object({ ip: string({ default: "0.0.0.0" }) })),
        mode: string({ default: "a" }),
    };
    expect(withDefaults(properties, { ports: [{}, { ip: "::1" }] })).toEqual({
        mode: "a",
        ports: [{ ip: "0.0.0.0" }, { ip: "::1" }],
    });
});
