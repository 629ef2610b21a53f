import { diff } from "./diff.ts";
import { boolean, list, map, number, object, set, string } from "./schema.ts";
import { UNKNOWN, type Value } from "./values.ts";

const properties = {
    image: string(),
    memory: number({ inPlace: true }),
    mode: string({ default: "bridge" }),
    host: string({ computed: true }),
    note: string({ ignored: true }),
    text: string({ exact: true }),
    wait: string({ canonical: (value: string) => (value === "60s" ? "1m0s" : value) }),
    command: list(string()),
    envs: set(string()),
    ports: set(
        object({
            internal: number(),
            external: number({ computed: true }),
            ip: string({ default: "0.0.0.0" }),
        }),
    ),
    labels: map(),
    variables: map({ inPlace: true }),
    check: object({ tests: list(string()), quiet: boolean() }, { inPlace: true }),
    task: object(
        {
            image: string(),
            chosen: string({ computed: true }),
            hosts: set(string(), { replaces: true }),
            mounts: set(object({ target: string(), labels: map({ replaces: true }) })),
        },
        { inPlace: true },
    ),
};

const changes = (state: Record<string, Value>, inputs: Record<string, Value>) =>
    diff(properties, state, inputs).map(
        ({ path, kind, replace }) => `${kind} ${path}${replace ? " (replace)" : ""}`,
    );

test.each<[string, Record<string, Value>, Record<string, Value>]>([
    ["unset and an empty string, list or map", { image: "", envs: [], labels: {} }, {}],
    ["unset and false in an object", { check: { tests: ["a"], quiet: false } }, { check: { tests: ["a"] } }],
    ["a default, set and unset", { mode: "bridge" }, {}],
    ["a set in another order or with a duplicate", { envs: ["a", "b"] }, { envs: ["b", "a", "a"] }],
    ["two spellings of a value", { wait: "1m0s" }, { wait: "60s" }],
    ["a computed value and unset", { host: "h" }, {}],
    ["a computed value and an empty string", { host: "h" }, { host: "" }],
    ["values of an ignored property", { note: "a" }, { note: "b" }],
    ["a map in another order", { labels: { a: "1", b: "2" } }, { labels: { b: "2", a: "1" } }],
    [
        "a set of objects in another order, with computed values",
        {
            ports: [
                { internal: 1, external: 7, ip: "0.0.0.0" },
                { internal: 2, external: 8 },
            ],
        },
        { ports: [{ internal: 2 }, { internal: 1, external: 7 }] },
    ],
])("finds no change between %s", (_, state, inputs) => {
    expect(changes(state, inputs)).toEqual([]);
});

test.each<[string, Record<string, Value>, Record<string, Value>, string[]]>([
    ["a change replaces by default", { image: "a" }, { image: "b" }, ["update image (replace)"]],
    ["a change of an inPlace property updates", { memory: 1 }, { memory: 2 }, ["update memory"]],
    ["a new value is added", {}, { image: "a" }, ["add image (replace)"]],
    ["a removed value is deleted", { image: "a" }, {}, ["delete image (replace)"]],
    ["an unknown value is a change", { image: "a" }, { image: UNKNOWN }, ["update image (replace)"]],
    ["an exact string differs from unset", { text: "" }, {}, ["delete text (replace)"]],
    [
        "a list in another order",
        { command: ["a", "b"] },
        { command: ["b", "a"] },
        ["update command (replace)"],
    ],
    ["a longer list", { command: ["a"] }, { command: ["a", "b"] }, ["add command[1] (replace)"]],
    ["an element of a set", { envs: ["a", "b"] }, { envs: ["c", "b"] }, ["update envs[0] (replace)"]],
    [
        "an element of a set of objects",
        { ports: [{ internal: 1 }, { internal: 2 }] },
        { ports: [{ internal: 2 }] },
        ["delete ports[0] (replace)"],
    ],
    [
        "a field of an object",
        { check: { tests: ["a"] } },
        { check: { tests: ["b"] } },
        ["update check.tests[0]"],
    ],
    [
        "a field with `replaces`",
        { task: { image: "a", chosen: "c", hosts: ["h"] } },
        { task: { image: "b", hosts: ["i"] } },
        ["update task.image", "update task.hosts[0] (replace)"],
    ],
    [
        "elements of a set with and without a field that replaces",
        { task: { mounts: [{ target: "/a", labels: { a: "1" } }, { target: "/b" }] } },
        { task: { mounts: [{ target: "/c" }, { target: "/d" }] } },
        ["update task.mounts[0] (replace)", "update task.mounts[1]"],
    ],
    [
        "an unknown field of an object",
        { task: { image: "a", hosts: ["h"] } },
        { task: { image: UNKNOWN, hosts: ["h"] } },
        ["update task.image"],
    ],
    ["a value of a map", { labels: { a: "1" } }, { labels: { a: "2" } }, ["update labels (replace)"]],
    [
        "values of an inPlace map",
        { variables: { a: "1", b: "1", "c.d": "1" } },
        { variables: { a: "2", "c.d": "2", e: "1" } },
        ["update variables.a", "delete variables.b", 'update variables["c.d"]', "add variables.e"],
    ],
])("%s", (_, state, inputs, expected) => {
    expect(changes(state, inputs)).toEqual(expected);
});
