import { MASK, type Step } from "../../../../cli/pr/events.ts";
import { withSecrets } from "../../../../cli/pr/secrets.ts";

test("a plan gets its secrets from the state and from the differences in the plan file", () => {
    const urn = "urn:a::b::t::name";
    const masked = { inputs: { a: MASK }, outputs: {} };
    const secret = (value: unknown) => ({
        "4dabf18193072939515e22adb298388d": "x",
        plaintext: JSON.stringify(value),
    });
    const step: Step = {
        operation: "update",
        urn,
        type: "t",
        name: "name",
        old: masked,
        new: masked,
    };
    const deployment = { deployment: { resources: [{ urn, inputs: { a: secret(["A=1"]), b: 1, c: 2 } }] } };
    const file = {
        resourcePlans: {
            [urn]: {
                goal: {
                    inputDiff: { updates: { a: secret(["A=2"]) }, deletes: ["c"] },
                    propertyDependencies: { a: ["urn:of:password"] },
                },
            },
        },
    };
    const plan = { steps: [step], violations: [], errors: [] };
    const [unmasked] = withSecrets(plan, JSON.stringify(deployment), JSON.stringify(file)).steps;
    expect(unmasked?.old?.inputs).toEqual({ a: ["A=1"], b: 1, c: 2 });
    expect(unmasked?.new?.inputs).toEqual({ a: ["A=2"], b: 1 });
    expect(unmasked?.propertyDependencies).toEqual({ a: ["urn:of:password"] });
    expect(withSecrets(plan, "", "{}").steps[0]?.new?.inputs).toEqual({ a: MASK });
});
