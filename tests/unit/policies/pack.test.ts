import { type ResourceValidationArgs, unknownCheckingProxy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { matchesAny } from "../../../policies/config.ts";
import { policies } from "../../../policies/pack.ts";
import { CONTAINER, type Properties } from "../../../policies/resource.ts";
import { rules } from "../../../policies/rules/index.ts";

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
    // Exported, but missing in the types of @pulumi/policy.
    const asInPreview = unknownCheckingProxy as (props: Properties) => Properties;
    const reports = (name: string, props: Properties) => {
        const messages: string[] = [];
        const policy = policies().find((other) => other.name === name);
        const args = {
            type: CONTAINER,
            name: "web",
            urn: `urn:pulumi:dev::shop::${CONTAINER}::web`,
            props: asInPreview(props),
            opts: { protect: false },
            getConfig: () => ({}),
        } as unknown as ResourceValidationArgs;
        const validate = [policy?.validateResource ?? []].flat()[0];
        void validate?.(args, (message) => messages.push(message));
        return messages;
    };

    test.each(rules.map(({ name }) => name))("%s skips unknown values", (name) => {
        const names = ["image", "envs", "ports", "user", "privileged", "capabilities", "healthcheck"];
        const all = [...names, "memory", "restart", "readOnly", "volumes", "command"];
        expect(reports(name, Object.fromEntries(all.map((property) => [property, unknown])))).toEqual([]);
    });

    test("checks known values beside unknown ones", () => {
        expect(reports("not-privileged", { image: unknown, privileged: true })).toEqual([
            expect.stringContaining("web: it is privileged"),
        ]);
        expect(reports("image-has-tag", { image: "redis" })).toHaveLength(1);
    });
});
