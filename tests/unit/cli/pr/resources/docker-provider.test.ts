import type { Plan } from "../../../../../cli/pr/events.ts";
import { environmentRisks } from "../../../../../cli/pr/risks.ts";
import { withSecrets } from "../../../../../cli/pr/secrets.ts";
import { type Inputs, summary } from "../steps.ts";

describe("a move to another Docker Engine", () => {
    const urn = "urn:pulumi:prod::shop::pulumi:providers:docker::default_5_2_0";
    const moved = (from: Inputs, to: Inputs) => {
        const state = (inputs: Inputs) => ({ inputs, outputs: {} });
        return [
            {
                operation: "update" as const,
                urn,
                type: "pulumi:providers:docker",
                name: "default",
                old: state(from),
                new: state(to),
            },
        ];
    };
    const RISK = {
        component: "environment",
        description: "it moves to another Docker Engine: its data is kept on the old one",
    };

    test.each<[Inputs, Inputs, object[]]>([
        [{}, { host: "ssh://other" }, [RISK]],
        [{ host: "ssh://one" }, { host: "ssh://other" }, [RISK]],
        [{ host: "ssh://one" }, { host: "ssh://one", context: "other" }, [RISK]],
        [{}, { host: "unix:///var/run/docker.sock" }, []],
        [{ version: "1" }, { version: "2" }, []],
        [{ context: "a", host: "ssh://one" }, { context: "a", host: "ssh://other" }, []],
    ])("is a risk unless the address is the same: from %j to %j", (from, to, expected) => {
        expect(environmentRisks(moved(from, to))).toEqual(expected);
    });

    test("is detected for a default provider, of which the engine sends no events", () => {
        const plan: Plan = { steps: [], violations: [], errors: [] };
        const state = { deployment: { resources: [{ urn, inputs: { host: "ssh://one" } }] } };
        const file = (inputDiff: object) => ({ resourcePlans: { [urn]: { goal: { inputDiff } } } });
        const risksWith = (difference: object) =>
            environmentRisks(
                withSecrets(plan, JSON.stringify(state), JSON.stringify(file(difference))).steps,
            );
        expect(risksWith({ updates: { host: "ssh://other" } })).toEqual([RISK]);
        expect(risksWith({})).toEqual([]);
    });

    test("has a headline of its own, and its address is not shown", () => {
        const { markdown } = summary(moved({}, { host: "ssh://other" }));
        expect(markdown).toContain(`> - **environment**: ${RISK.description}`);
        expect(markdown).not.toMatch(/No change to the environment|ssh:/);
    });
});
