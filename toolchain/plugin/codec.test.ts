import { decodeConfig, encode, encodeConfig } from "./codec";
import { boolean, list, object, string } from "./schema";
import { secret, UNKNOWN, Values } from "./values";

const properties = {
    host: string(),
    check: boolean(),
    registryAuth: list(object({ address: string(), password: string() })),
};

const auth = [{ password: "a<b&c", address: "r", __defaults: [] }];
const text = '[{"address":"r","password":"a\\u003cb\\u0026c"}]';

test.each<[string, Values, Values]>([
    ["a text as it is", { host: "tcp://a:1" }, { host: "tcp://a:1" }],
    ["what is none as JSON", { check: true }, { check: "true" }],
    ["a list as Go writes it, without our own marks", { registryAuth: auth }, { registryAuth: text }],
    [
        "what holds a secret as one",
        { registryAuth: [{ address: "r", password: secret("a<b&c") }] },
        { registryAuth: secret(text) },
    ],
    [
        "what holds something unknown as unknown",
        { registryAuth: [{ address: UNKNOWN }] },
        { registryAuth: UNKNOWN },
    ],
])("a provider's configuration is written as the official one's: %s", (_, config, expected) => {
    expect(encodeConfig(properties, config).toJavaScript()).toEqual(expected);
});

test("and read back, a secret as one, without what the engine adds", () => {
    const written = encode({ host: "1", check: "true", registryAuth: secret(text), version: "5.2.0" });
    const { registryAuth, ...rest } = decodeConfig(properties, written);
    expect(rest).toEqual({ host: "1", check: true });
    expect(registryAuth).toEqual(secret([{ address: "r", password: "a<b&c" }]));
});
