import { MASK, planOf, readableOutput, UNKNOWN } from "../../../../cli/pr/events.ts";

test("the output of a preview is messages and other lines, without JSON", () => {
    const event = (content: object) => JSON.stringify({ sequence: 0, timestamp: 1, ...content });
    const message = (text: string) => event({ diagnosticEvent: { message: text, severity: "info#err" } });
    const output = [
        event({ policyLoadEvent: {} }),
        message("error: the pack failed:\n\n"),
        message("    Error: cannot load\n\n"),
        event({ cancelEvent: {} }),
        "error: the policy pack has exited; see its output",
        "",
    ].join("\n");
    expect(readableOutput(output)).toBe(
        "error: the pack failed:\n    Error: cannot load\nerror: the policy pack has exited; see its output",
    );
});

describe("the engine's events", () => {
    const event = (op: string, extra: object = {}) =>
        JSON.stringify({
            resourcePreEvent: { metadata: { op, urn: "urn:a::b::t::name", type: "t", ...extra } },
        });

    test("are steps; a replacement is one step", () => {
        const output = [
            event("delete-replaced"),
            event("replace"),
            event("create-replacement"),
            "noise",
            "",
        ].join("\n");
        expect(planOf(output).steps.map(({ operation, name }) => `${operation} ${name}`)).toEqual([
            "replace name",
        ]);
    });

    test("are decoded: secrets are masked, unknown values named", () => {
        const secret = { "4dabf18193072939515e22adb298388d": "x", ciphertext: "[secret]" };
        const inputs = {
            __defaults: [],
            a: secret,
            b: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
            c: [{ __defaults: [], d: 1 }],
        };
        const { steps } = planOf(event("create", { new: { inputs, outputs: {} } }));
        expect(steps[0]?.new?.inputs).toEqual({ a: MASK, b: UNKNOWN, c: [{ d: 1 }] });
    });

    test("tell whether a resource is protected", () => {
        const state = { inputs: {}, outputs: {} };
        const { steps } = planOf(event("same", { old: { ...state, protect: true }, new: state }));
        expect([steps[0]?.old?.protect, steps[0]?.new?.protect]).toEqual([true, undefined]);
    });

    test("contain policy violations and errors", () => {
        const policy = { policyName: "p", message: "A rule.\ndb: wrong\n", enforcementLevel: "mandatory" };
        const error = { severity: "error", message: "aground\n" };
        const unknown = {
            policyName: "image-has-tag",
            message:
                "can't run policy 'image-has-tag' from policy pack 'drydock@v0.1.0' during preview: string value at .image can't be known during preview",
            enforcementLevel: "advisory",
        };
        const output = [{ policyEvent: policy }, { policyEvent: unknown }, { diagnosticEvent: error }]
            .map((e) => JSON.stringify(e))
            .join("\n");
        expect(planOf(output)).toEqual({
            steps: [],
            violations: [{ policy: "p", message: "db: wrong", mandatory: true }],
            errors: ["aground"],
        });
    });
});
