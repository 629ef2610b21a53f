import { DiffRequest } from "@pulumi/pulumi/proto/provider_pb";
import { encode } from "./codec";
import { isIgnored, isWithin } from "./ignore-changes";
import { Values } from "./values";

test.each<[string, string[], Values, Values, string, boolean]>([
    ["what is ignored", ["image"], { image: "a" }, { image: "a" }, "image", true],
    ["a part of what is ignored", ["env"], { env: { A: "1" } }, { env: { A: "1" } }, "env.A", true],
    [
        "a whole, of which the program changes no more than what is ignored",
        ["ports[0].external"],
        { ports: [{ internal: 1, external: 2 }] },
        { ports: [{ external: 2, internal: 1 }] },
        "ports[0]",
        true,
    ],
    [
        "a whole, of which the program changes another part",
        ["ports[0].external"],
        { ports: [{ internal: 1, external: 2 }] },
        { ports: [{ internal: 3, external: 2 }] },
        "ports[0]",
        false,
    ],
    ["another part", ["env.A"], { env: { B: "1" } }, { env: { B: "2" } }, "env.B", false],
])("a change of %s", (_, ignored, olds, news, path, expected) => {
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
