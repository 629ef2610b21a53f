import {
    UNKNOWN,
    MASK,
    type Operation,
    type Plan,
    type State,
    type Step,
} from "../../../../cli/pr/events.ts";
import { failureSummary, MARKER, summaryOf } from "../../../../cli/pr/summary.ts";

const STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
const CONTAINER = "docker:index/container:Container";

const CONTEXT = { base: "main", head: "fix", seconds: 12.4, dataLossAccepted: false };

const state = (inputs: Record<string, unknown>, parent = STACK): State => ({ parent, inputs, outputs: {} });

/** The steps of a component with one container, whose inputs change. */
function component(kind: string, name: string, operation: Operation, from: object, to: object): Step[] {
    const parent = `urn:pulumi:dev::shop::drydock:index:${kind}::${name}`;
    const urn = `urn:pulumi:dev::shop::drydock:index:${kind}$${CONTAINER}::${name}`;
    const whole = operation === "create" || operation === "delete" ? operation : "same";
    const both = {
        ...(operation !== "create" && { old: state(from as Record<string, unknown>, parent) }),
        ...(operation !== "delete" && { new: state(to as Record<string, unknown>, parent) }),
    };
    return [
        {
            operation: whole,
            urn: parent,
            type: `drydock:index:${kind}`,
            name,
            old: state({}),
            new: state({}),
        },
        { operation, urn, type: CONTAINER, name, ...both },
    ];
}

const summary = (steps: Step[], unmasked = steps) => {
    const plan = (of: Step[]): Plan => ({ steps: of, violations: [], errors: [] });
    return summaryOf(plan(steps), plan(unmasked), CONTEXT);
};

describe("a summary", () => {
    test("starts with its marker and a headline, and says how long it took", () => {
        const { markdown } = summary(component("WebApp", "web", "create", {}, {}));
        expect(markdown.startsWith(`${MARKER}\n## Components: 1 created\n`)).toBe(true);
        expect(markdown).toContain("Compares main with fix; took 12 s.");
    });

    test("says what keeps running, what restarts and what is removed", () => {
        const steps = [
            ...component("WebApp", "a", "update", { memory: 1 }, { memory: 2 }),
            ...component("WebApp", "b", "replace", { user: "x" }, { user: "y" }),
            ...component("WebApp", "c", "delete", {}, {}),
        ];
        const { markdown } = summary(steps);
        expect(markdown).toContain("## Components: 1 restarted, 1 changed in place, 1 removed");
        expect(markdown).toMatch(/\*\*a\*\*.*memory in MiB `1` → `2`.*keeps running/);
        expect(markdown).toMatch(/\*\*b\*\*.*user `x` → `y`.*\*\*restarts\*\*/);
        expect(markdown).toContain("style n_c fill:#ffd7d5");
    });

    test("names changed variables, also secret ones, without their values", () => {
        const envs = (...lines: string[]) => ({ envs: lines });
        const masked = component("WebApp", "web", "replace", { envs: MASK }, { envs: MASK });
        const unmasked = component(
            "WebApp",
            "web",
            "replace",
            envs("A=1", "B=rum", "D=4"),
            envs("A=1", "B=gin", "C=tea"),
        );
        const { markdown } = summary(masked, unmasked);
        expect(markdown).toContain("new variable `C`");
        expect(markdown).toContain("changed variable `B`");
        expect(markdown).toContain("removed variable `D`");
        expect(markdown).not.toMatch(/rum|gin|tea/);
    });

    test("reports no removed variable if the new ones are unknown", () => {
        const unmasked = component("WebApp", "web", "replace", { envs: ["A=1"] }, { envs: UNKNOWN });
        expect(summary(unmasked).markdown).toContain("`web`: variables change");
        expect(summary(unmasked).markdown).not.toContain("removed variable");
    });

    test("quotes a port that is not known yet: Mermaid cannot parse its brackets", () => {
        const ports = [{ ip: "127.0.0.1", external: UNKNOWN }];
        const { markdown } = summary(component("RedisService", "cache", "create", {}, { ports }));
        expect(markdown).toContain(`host -->|"127.0.0.1:${UNKNOWN}"| n_cache`);
    });

    test("masks secrets", () => {
        const { markdown } = summary(component("WebApp", "web", "replace", { user: MASK }, { user: "y" }));
        expect(markdown).toContain("user [secret] → `y`");
    });

    test("puts data at risk first", () => {
        const mount = (volumeName: string) => ({ volumes: [{ volumeName, containerPath: "/data" }] });
        const { markdown, risks } = summary(
            component("RedisService", "cache", "replace", mount("a"), mount("b")),
        );
        expect(risks).toEqual([
            {
                component: "cache",
                description:
                    "volume `a` is no longer mounted at `/data`: its data is kept, but nothing uses it any more",
            },
        ]);
        expect(markdown.indexOf("Data at risk")).toBeLessThan(markdown.indexOf("| Component |"));
    });

    test("reports no risk for a read-only directory, or if data is mounted at another path", () => {
        const mount = (containerPath: string) => ({ volumes: [{ volumeName: "a", containerPath }] });
        const source = { volumes: [{ hostPath: "/src", containerPath: "/app", readOnly: true }] };
        expect(summary(component("WebApp", "web", "replace", source, {})).risks).toEqual([]);
        expect(summary(component("RedisService", "c", "replace", mount("/a"), mount("/b"))).risks).toEqual(
            [],
        );
    });

    test("fits into a comment, however long the plan", () => {
        const many = Array.from({ length: 900 }, (_, i) =>
            component("WebApp", `a-rather-long-name-of-web-${i}`, "replace", { user: "x" }, { user: "y" }),
        ).flat();
        const { markdown } = summary(many);
        expect(markdown.length).toBeLessThan(65_000);
        expect(markdown).toContain("_Truncated: the job's log has the full summary._");
        const fewer = summary(many.slice(0, 500)).markdown;
        expect(fewer.length).toBeLessThan(65_000);
        expect(fewer).toContain("Some details are omitted");
        expect(fewer).toContain("a-rather-long-name-of-web-249");
    });

    test("escapes names", () => {
        const from = { user: "a`|b" };
        expect(summary(component("WebApp", "web", "replace", from, { user: "y" })).markdown).toContain(
            "`a  b`",
        );
    });

    test("of a failure shows the end of the output", () => {
        const text = failureSummary("It is broken", ["one\ntwo", "```"]);
        expect(text).toContain("## ✗ It is broken");
        expect(text).toContain("one\ntwo\n'''");
    });
});
