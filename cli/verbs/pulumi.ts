import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { Command } from "commander";
import { openProject, openStack } from "../project.ts";
import { providePulumi } from "../setup/pulumi.ts";

export function pulumiCommand(): Command {
    return new Command("pulumi")
        .description("run a pulumi command in the project, with the state and passphrase that drydock uses")
        .argument("<arguments...>", "arguments of pulumi")
        .allowUnknownOption()
        .passThroughOptions()
        .addHelpText(
            "after",
            "\nExamples:\n  drydock pulumi stack output --show-secrets\n  drydock pulumi config set port 3001 --stack staging",
        )
        .action(async (args: string[]) => {
            await providePulumi(openProject());
            const { project, name } = await openStack({ stack: stackIn(args) });
            process.exitCode = await runPulumi(args, project.directory, name);
        });
}

/** The stack that an option of pulumi names. */
function stackIn(args: string[]): string | undefined {
    const at = args.findIndex((arg) => /^(-s|--stack)(=|$)/.test(arg));
    if (at === -1) return undefined;
    const [, value] = (args[at] ?? "").split(/=(.*)/s);
    return value ?? args[at + 1];
}

/** Returns the exit code. */
async function runPulumi(args: string[], directory: string, stack: string): Promise<number> {
    const env = { ...process.env, PULUMI_STACK: stack };
    const child = spawn("pulumi", args, { cwd: directory, env, stdio: "inherit" });
    // Ctrl-C also goes to Pulumi, which ends by itself.
    const ignore = () => undefined;
    process.on("SIGINT", ignore);
    try {
        const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
        return code ?? 128 + (signal ? constants.signals[signal] : 0);
    } finally {
        process.off("SIGINT", ignore);
    }
}
