import { completeInputs, inputsFromState, plannedState, previewState, storedState } from "./state.ts";
import type { Resource } from "./provider.ts";
import { boolean, list, number, object, set, string } from "./schema.ts";
import { secret, UNKNOWN } from "./values.ts";

const resource: Resource = {
    token: "test:index:Test",
    properties: {
        name: string({ required: true }),
        size: number({ default: 0 }),
        host: string({ computed: true }),
        check: object({ retries: number({ default: 0 }), quiet: boolean() }),
    },
    outputs: ["id", "log"],
    updatedOutputs: ["log"],
    secretOutputs: ["log"],
    schemaVersion: 2,
    create: () => Promise.reject(new Error("not called")),
};

test("adds all defaults to the inputs, including empty ones, and removes markers", () => {
    const inputs = { name: secret("a"), check: { __defaults: [] }, __defaults: [] };
    expect(completeInputs(resource, inputs)).toEqual({ name: "a", size: 0, check: { retries: 0 } });
});

test("stores the state with its schema version, and marks outputs of secret inputs and secretOutputs as secret", () => {
    expect(storedState(resource, { name: "a", host: "h", log: "l" }, { name: secret("a") })).toEqual({
        name: secret("a"),
        host: "h",
        log: secret("l"),
        __meta: '{"schema_version":"2"}',
    });
});

test("drops the raw state delta of the official provider", () => {
    const state = { name: "a", __pulumi_raw_state_delta: { obj: {} } };
    expect(storedState(resource, state, {})).not.toHaveProperty("__pulumi_raw_state_delta");
});

test("previews the inputs of a new resource, and the outputs that an update does not change", () => {
    expect(previewState(resource, { name: "a" })).toEqual({
        name: "a",
        host: UNKNOWN,
        id: UNKNOWN,
        log: UNKNOWN,
    });
    const old = { name: "a", host: "h", id: "1", log: "l" };
    expect(previewState(resource, { name: "b" }, old)).toEqual({
        name: "b",
        host: "h",
        id: "1",
        log: UNKNOWN,
    });
});

test("updates the inputs after a refresh where the state differs, and keeps them secret", () => {
    const { properties } = resource;
    expect(inputsFromState(properties, { name: "a", size: 0, host: "h" }, { name: secret("a") })).toEqual({
        name: secret("a"),
    });
    expect(inputsFromState(properties, { name: "b" }, { name: secret("a") })).toEqual({ name: secret("b") });
    expect(
        inputsFromState(properties, { name: "a", size: 9 }, { name: "a", size: 1, __defaults: ["size"] }),
    ).toEqual({
        name: "a",
        size: 9,
        __defaults: [],
    });
});

test("imports the inputs that differ from their defaults and are not computed", () => {
    const state = { name: "a", size: 0, host: "h", check: { retries: 3, quiet: false }, id: "1" };
    expect(inputsFromState(resource.properties, state, {})).toEqual({
        name: "a",
        check: { retries: 3 },
        __defaults: [],
    });
});

const properties = {
    name: string(),
    host: string({ computed: true }),
    spec: object({
        mode: string({ computed: true }),
        user: string(),
        ports: list(object({ target: number(), published: number({ computed: true }) })),
        hosts: set(string()),
    }),
};

test("keeps computed values in the planned state of an update, also nested ones, and drops removed inputs", () => {
    const state = {
        name: "old",
        host: "h",
        spec: {
            mode: "vip",
            user: "u",
            ports: [
                { target: 80, published: 30000 },
                { target: 90, published: 30001 },
            ],
            hosts: ["a"],
        },
    };
    const inputs = { name: "new", spec: { ports: [{ target: 81 }], hosts: ["b"] } };
    expect(plannedState(properties, state, inputs)).toEqual({
        name: "new",
        host: "h",
        spec: { mode: "vip", ports: [{ target: 81, published: 30000 }], hosts: ["b"] },
    });
});

test("plans no computed values for new inputs", () => {
    expect(plannedState(properties, {}, { spec: { ports: [{ target: 80 }] } })).toEqual({
        spec: { ports: [{ target: 80 }] },
    });
});
