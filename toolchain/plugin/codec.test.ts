import { decodeConfig, encode, encodeConfig } from "./codec.ts";
import { boolean, list, object, string } from "./schema.ts";
import { secret, UNKNOWN, type Values } from "./values.ts";

const properties = {
    host: string(),
    check: boolean(),
    registryAuth: list(object({ address: string(), password: string() })),
};

const auth = [{ password: "a<b&c", address: "r", __defaults: [] }];
const text = '[{"address":"r","password":"a\\u003cb\\u0026c"}]';

test.each<[string, Values, Values]>([
    ["a string unchanged", { host: "tcp://a:1" }, { host: "tcp://a:1" }],
    ["other values as JSON", { check: true }, { check: "true" }],
    ["a list in the format of Go, without __defaults", { registryAuth: auth }, { registryAuth: text }],
    [
        "a list that contains a secret as a secret",
        { registryAuth: [{ address: "r", password: secret("a<b&c") }] },
        { registryAuth: secret(text) },
    ],
    [
        "a list that contains an unknown value as unknown",
        { registryAuth: [{ address: UNKNOWN }] },
        { registryAuth: UNKNOWN },
    ],
])("encodes a provider's configuration like the official provider: %s", (_, config, expected) => {
    expect(encodeConfig(properties, config).toJavaScript()).toEqual(expected);
});

test("decodes a configuration, keeps secrets, and drops the keys that the engine adds", () => {
    const written = encode({ host: "1", check: "true", registryAuth: secret(text), version: "5.2.0" });
    const { registryAuth, ...rest } = decodeConfig(properties, written);
    expect(rest).toEqual({ host: "1", check: true });
    expect(registryAuth).toEqual(secret([{ address: "r", password: "a<b&c" }]));
});
