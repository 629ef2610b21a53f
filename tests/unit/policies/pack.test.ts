import * as pulumi from "@pulumi/pulumi";
import { matchesAny } from "../../../policies/config.ts";
import { rules } from "../../../policies/rules/index.ts";
import { previewReports } from "./check.ts";

test.each([
    [["pr-*"], "pr-12", true],
    [["pr-*"], "xpr-12", false],
    [["a.c"], "abc", false],
    [["*"], "anything", true],
    [[], "dev", false],
])("matchesAny(%j, %j) is %s", (patterns, name, expected) => {
    expect(matchesAny(patterns, name)).toBe(expected);
});

describe("a policy in a preview", () => {
    const unknown = pulumi.runtime.unknownValue;

    test.each(rules.map(({ name }) => name))("%s reports nothing about unknown values", (name) => {
        const names = ["image", "envs", "ports", "user", "privileged", "capabilities", "healthcheck"];
        const all = [...names, "memory", "restart", "readOnly", "volumes", "command"];
        const properties = Object.fromEntries(all.map((property) => [property, unknown]));
        expect(previewReports(name, { properties })).toEqual([]);
    });

    test("reports a known value beside an unknown one", () => {
        expect(
            previewReports("not-privileged", { properties: { image: unknown, privileged: true } }),
        ).toEqual([expect.stringContaining("web: it is privileged")]);
    });
});
