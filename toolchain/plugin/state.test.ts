import { complete, inputsFor, planned, previewed, stored } from "./state";
import { Resource } from "./provider";
import { boolean, list, number, object, set, string } from "./schema";
import { secret, UNKNOWN } from "./values";

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

test("inputs are completed with every default, those that say nothing too, and without marks", () => {
    const inputs = { name: secret("a"), check: { __defaults: [] }, __defaults: [] };
    expect(complete(resource, inputs)).toEqual({ name: "a", size: 0, check: { retries: 0 } });
});

test("a state is stored with its version, and secret where its inputs were or it always is", () => {
    expect(stored(resource, { name: "a", host: "h", log: "l" }, { name: secret("a") })).toEqual({
        name: secret("a"),
        host: "h",
        log: secret("l"),
        __meta: '{"schema_version":"2"}',
    });
});

test("a state that the official provider wrote loses its record of a form that may no longer be so", () => {
    const state = { name: "a", __pulumi_raw_state_delta: { obj: {} } };
    expect(stored(resource, state, {})).not.toHaveProperty("__pulumi_raw_state_delta");
});

test("a preview knows of a new resource what was declared, and of an update what it leaves as it is", () => {
    expect(previewed(resource, { name: "a" })).toEqual({
        name: "a",
        host: UNKNOWN,
        id: UNKNOWN,
        log: UNKNOWN,
    });
    const old = { name: "a", host: "h", id: "1", log: "l" };
    expect(previewed(resource, { name: "b" }, old)).toEqual({ name: "b", host: "h", id: "1", log: UNKNOWN });
});

test("the inputs after a refresh are the old ones, but for what changed, and still secret", () => {
    const { properties } = resource;
    expect(inputsFor(properties, { name: "a", size: 0, host: "h" }, { name: secret("a") })).toEqual({
        name: secret("a"),
    });
    expect(inputsFor(properties, { name: "b" }, { name: secret("a") })).toEqual({ name: secret("b") });
    expect(
        inputsFor(properties, { name: "a", size: 9 }, { name: "a", size: 1, __defaults: ["size"] }),
    ).toEqual({ name: "a", size: 9, __defaults: [] });
});

test("the inputs of an import are what differs from the defaults and is not the provider's own choice", () => {
    const state = { name: "a", size: 0, host: "h", check: { retries: 3, quiet: false }, id: "1" };
    expect(inputsFor(resource.properties, state, {})).toEqual({
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

test("an update keeps what the provider chose before, at any depth, and nothing that the program took back", () => {
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
    expect(planned(properties, state, inputs)).toEqual({
        name: "new",
        host: "h",
        spec: { mode: "vip", ports: [{ target: 81, published: 30000 }], hosts: ["b"] },
    });
});

test("nothing was chosen for what is new", () => {
    expect(planned(properties, {}, { spec: { ports: [{ target: 80 }] } })).toEqual({
        spec: { ports: [{ target: 80 }] },
    });
});
