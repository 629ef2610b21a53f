import * as rpc from "@pulumi/pulumi/proto/provider_pb.js";
import { decode, encode } from "./codec.ts";
import { Engine } from "./engine.ts";
import { providerFunction } from "./provider.ts";
import { boolean, string } from "./schema.ts";
import { Service } from "./service.ts";
import type { Values } from "./values.ts";

describe("a function of a provider", () => {
    const greet = providerFunction<{ name: string; loud: boolean }>({
        token: "test:index/greet:greet",
        properties: { name: string({ required: true }), loud: boolean({ default: false }) },
        invoke: ({ name, loud }) =>
            name === "" ? Promise.reject(new Error("nobody is there")) : Promise.resolve({ name, loud }),
    });
    const provider = { name: "test", version: "1.0.0", config: {}, resources: [], functions: [greet] };

    function call(token: string, inputs: Values): Promise<rpc.InvokeResponse> {
        const request = new rpc.InvokeRequest();
        request.setTok(token);
        request.setArgs(encode(inputs));
        return new Service(provider, new Engine("127.0.0.1:1")).invoke(request);
    }

    test("returns its result, with defaults for inputs that are not set", async () => {
        const response = await call(greet.token, { name: "Ada" });
        expect(decode(response.getReturn())).toEqual({ name: "Ada", loud: false });
        expect(response.getFailuresList()).toEqual([]);
    });

    test.each<[Values, string, string]>([
        [{}, "name", "name: is required"],
        [{ name: 1 }, "name", "name: 1 is not a string"],
        [{ name: "Ada", age: 1 }, "age", "age: is not supported by this plugin; remove it."],
    ])("refuses %j with the property", async (inputs, property, reason) => {
        const [failure] = (await call(greet.token, inputs)).getFailuresList();
        expect(failure?.getProperty()).toBe(property);
        expect(failure?.getReason()).toContain(reason);
    });

    test("fails with its error", async () => {
        await expect(call(greet.token, { name: "" })).rejects.toThrow("nobody is there");
    });

    test("is refused by name if the plugin does not have it", async () => {
        await expect(call("test:index/other:other", {})).rejects.toThrow(
            "test:index/other:other is not supported by this test plugin. Supported functions: test:index/greet:greet",
        );
    });
});
