import { Sandbox } from "../../sandbox.ts";
import { runStep } from "../run-step.ts";

test("the state is refreshed if an update was killed while it was changing resources", async () => {
    const sandbox = new Sandbox();
    const deployment = { pending_operations: [{ type: "creating" }] };
    sandbox.program(
        "pulumi",
        `case $1 in stack) echo '${JSON.stringify({ deployment })}' ;; config) echo '{}' ;; esac`,
    );
    sandbox.program("docker", `case "$*" in info*) echo id false ;; esac`);
    const { code, output } = await runStep(sandbox, "up", "shop");
    const calls = sandbox.calls();
    sandbox.dispose();
    expect(output).toContain(
        "→ An update was killed while it was changing resources. Refreshing the state\n",
    );
    expect(calls).toContain("pulumi refresh --yes --skip-preview --clear-pending-creates --stack dev");
    expect(code).toBe(0);
});
