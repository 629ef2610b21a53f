import type { CommandError } from "../../../cli/exit-codes.ts";
import { repair } from "../../../cli/repair/repair.ts";
import { readDeployment } from "../../../cli/state.ts";
import { explainFailure } from "../../../cli/update/failure.ts";
import { faultsAfterStart, printFaults } from "../../../cli/update/summary.ts";
import type { Sandbox } from "../sandbox.ts";
import { inDirectory } from "../working-directory.ts";
import { captureOutput, type Result } from "./capture-output.ts";

type Step = "up" | "down" | "explain" | "faults";

interface Options {
    removeOrphans?: boolean;
    env?: NodeJS.ProcessEnv;
}

/** Runs a step of `drydock up` or `drydock down` on the stack dev, in a sandbox with fake programs. */
export async function runStep(
    sandbox: Sandbox,
    step: Step,
    project: string,
    { removeOrphans = false, env = {} }: Options = {},
): Promise<Result> {
    const previous = process.env;
    process.env = sandbox.environment(env);
    try {
        return await inDirectory(sandbox.dir, () =>
            captureOutput(async () => {
                try {
                    await perform(step, project, removeOrphans);
                    return 0;
                } catch (error) {
                    const { message, remedy = "" } = error as CommandError;
                    process.stderr.write(`${message}\n${remedy}\n`);
                    return 1;
                }
            }),
        );
    } finally {
        process.env = previous;
    }
}

async function perform(step: Step, project: string, removeOrphans: boolean): Promise<void> {
    const name = "dev";
    switch (step) {
        case "explain":
            await explainFailure(project, name);
            return;
        case "faults": {
            const { resources = [] } = await readDeployment(project, name);
            printFaults(project, name, await faultsAfterStart(resources), resources, "");
            return;
        }
        case "up":
        case "down":
            await repair({
                stack: {
                    project: { directory: process.cwd(), name: project, file: {} },
                    name,
                    config: () => undefined,
                    deployment: () => readDeployment(project, name),
                    option: " --stack dev",
                },
                verb: step,
                wait: false,
                removeOrphans,
            });
    }
}
