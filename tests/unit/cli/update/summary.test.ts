import { formatSummary, stackOutputs } from "../../../../cli/update/summary.ts";
import { Sandbox } from "../../sandbox.ts";
import { runStep } from "../run-step.ts";

/** A secret in the state. */
const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:" };

const stackWith = (outputs: Record<string, unknown>) => ({ type: "pulumi:pulumi:Stack", outputs });

describe("the summary of a stack that is up", () => {
    const summary = (stack: string, outputs: Record<string, unknown>, option = "") =>
        formatSummary(stack, {
            status: "STATUS",
            outputs: stackOutputs([stackWith(outputs)]),
            notes: [],
            option,
        });

    test("has its address and the next commands", () => {
        expect(summary("dev", { url: "http://127.0.0.1:3000" })).toBe(`
The stack dev is up.

STATUS

  url           http://127.0.0.1:3000

  follow its logs    drydock logs --follow
  preview a change   drydock preview
  remove everything  drydock down
`);
    });

    test("has the option that the user gave, and how to show secrets", () => {
        expect(summary("blue", { databaseUrl: SECRET, ports: [1, 2] }, " --stack blue")).toBe(`
The stack blue is up.

STATUS

  databaseUrl   [secret]
  ports         [1,2]

  follow its logs    drydock logs --follow --stack blue
  preview a change   drydock preview --stack blue
  remove everything  drydock down --stack blue
  show secrets       drydock pulumi stack output --show-secrets --stack blue
`);
    });
});

test.each([
    ["exited", "Exited (1) 3 minutes ago", "container dev-web is not running (Exited (1) 3 minutes ago)"],
    ["running", "Up 3 minutes (unhealthy)", "container dev-web is unhealthy"],
])("a container that does not run after an update is a fault: %s, %s", async (state, status, sentence) => {
    const sandbox = new Sandbox();
    const container = { type: "docker:index/container:Container", id: "c1", inputs: { name: "dev-web" } };
    const resources = [stackWith({}), container];
    sandbox.program("pulumi", `echo '${JSON.stringify({ deployment: { resources } })}'`);
    sandbox.program(
        "docker",
        `case $1 in ps) printf 'c1\\tdev-web\\t${state}\\t${status}\\tnet\\t\\n' ;; esac`,
    );
    const { output } = await runStep(sandbox, "faults", "shop");
    expect(output).toContain(`Parts of dev are not running:\n  ${sentence}\n`);
    expect(sandbox.calls().join("\n")).toContain(
        "label=drydock.project=shop --filter label=drydock.stack=dev",
    );
    sandbox.dispose();
});
