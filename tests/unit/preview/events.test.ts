import { readableOutput } from "../../../cli/pr/events.ts";

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
