import { DiffRequest } from "@pulumi/pulumi/proto/provider_pb.js";
import { encode } from "./codec.ts";
import { isIgnored, isWithin } from "./ignore-changes.ts";
import type { Values } from "./values.ts";

test.each<[string, string[], Values, Values, string, boolean]>([
    ["the ignored property", ["image"], { image: "a" }, { image: "a" }, "image", true],
    ["a part of the ignored property", ["env"], { env: { A: "1" } }, { env: { A: "1" } }, "env.A", true],
    [
        "an object in which only the ignored field changes",
        ["ports[0].external"],
        { ports: [{ internal: 1, external: 2 }] },
        { ports: [{ external: 2, internal: 1 }] },
        "ports[0]",
        true,
    ],
    [
        "an object in which another field changes",
        ["ports[0].external"],
        { ports: [{ internal: 1, external: 2 }] },
        { ports: [{ internal: 3, external: 2 }] },
        "ports[0]",
        false,
    ],
    ["another key", ["env.A"], { env: { B: "1" } }, { env: { B: "2" } }, "env.B", false],
])("decides whether to ignore a change of %s", (_, ignored, olds, news, path, expected) => {
    const request = new DiffRequest();
    request.setOldInputs(encode(olds));
    request.setNews(encode(news));
    request.setIgnorechangesList(ignored);
    expect(isIgnored({ path, kind: "update", replace: false }, request)).toBe(expected);
});

test.each([
    ["ports[0].ip", "ports", true],
    ["ports[0].ip", "ports[*].ip", true],
    ['labels["a.b"]', 'labels["a.b"]', true],
    ["task", "task.image", false],
    ['labels["a.b"]', "labels.a", false],
    ["task.hosts[0]", "task.image", false],
    ["ports[1]", "ports[0]", false],
])("%s is within %s: %p", (path, whole, expected) => {
    expect(isWithin(path, whole)).toBe(expected);
});
