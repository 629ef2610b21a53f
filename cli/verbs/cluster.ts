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
        .action(() => changeCluster("up"));
    command
        .command("down")
        .description("remove it and everything on it")
        .action(() => changeCluster("down"));
    return command;
}

/** The scripts are in a clone of Drydock alone. */
async function changeCluster(verb: "up" | "down"): Promise<void> {
    const script = findScript(verb);
    if (script === undefined)
        throw new CommandError(
            "The local cluster is not part of the npm package yet",
            `Clone the repository of Drydock, and run \`make swarm-${verb}\` there.`,
        );
    process.exitCode = await runScript(script);
}

/** Runs a program with this terminal. A Ctrl-C in the terminal reaches the program too, which cleans up. */
export async function runScript(script: string): Promise<ExitCode> {
    const received: NodeJS.Signals[] = [];
    const child = spawn(script, [], { stdio: "inherit" });
    const onSignal = (signal: NodeJS.Signals) => {
        received.push(signal);
        if (signal === "SIGTERM" || !process.stdin.isTTY) child.kill(signal);
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
    try {
        const [code] = (await once(child, "close")) as [number | null];
        if (received.length > 0) return ExitCode.Interrupted;
        return code === 0 ? ExitCode.Success : ExitCode.Failure;
    } finally {
        process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    }
}

function findScript(verb: string): string | undefined {
    for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
        const script = join(directory, "swarm", `${verb}.sh`);
        if (existsSync(script)) return script;
        if (dirname(directory) === directory) return undefined;
    }
}
