import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { CommandError, ExitCode } from "../exit-codes.ts";

export function clusterCommand(): Command {
    const command = new Command("cluster").description("local Docker Swarm of three nodes in containers");
    command
        .command("up")
        .description("start it, with a registry")
        .action(() => runScript("up"));
    command
        .command("down")
        .description("remove it and everything on it")
        .action(() => runScript("down"));
    return command;
}

/** The scripts are in a clone of Drydock alone. */
async function runScript(verb: "up" | "down"): Promise<void> {
    const script = findScript(verb);
    if (script === undefined)
        throw new CommandError(
            "The local cluster is not part of the npm package yet",
            `Clone the repository of Drydock, and run \`make swarm-${verb}\` there.`,
        );
    // A Ctrl-C in the terminal reaches the script, which cleans up.
    const ignore = () => undefined;
    process.on("SIGINT", ignore);
    const [code] = (await once(spawn(script, [], { stdio: "inherit" }), "close")) as [number | null];
    process.off("SIGINT", ignore);
    process.exitCode = code === 0 ? ExitCode.Success : ExitCode.Failure;
}

function findScript(verb: string): string | undefined {
    for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
        const script = join(directory, "swarm", `${verb}.sh`);
        if (existsSync(script)) return script;
        if (dirname(directory) === directory) return undefined;
    }
}
