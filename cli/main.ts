/** The `drydock` command: its verbs are in verbs/, and its exit codes in exit-codes.ts. */
import { Command, CommanderError } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { CommandError, ExitCode } from "./exit-codes.ts";
import { isWrongPassphrase, passphraseRemedy } from "./passphrase.ts";
import { colorsFor } from "./output.ts";
import { messageOf } from "./project.ts";
import { clusterCommand } from "./verbs/cluster.ts";
import { completeCommand, completionCommand } from "./verbs/completion.ts";
import { consoleCommand } from "./verbs/console.ts";
import { dbconsoleCommand } from "./verbs/dbconsole.ts";
import { doctorCommand } from "./verbs/doctor.ts";
import { downCommand } from "./verbs/down.ts";
import { initCommand } from "./verbs/init.ts";
import { logsCommand } from "./verbs/logs.ts";
import { maintenanceCommand } from "./verbs/maintenance.ts";
import { openCommand } from "./verbs/open.ts";
import { prCommand } from "./verbs/pr.ts";
import { previewCommand } from "./verbs/preview.ts";
import { pulumiCommand } from "./verbs/pulumi.ts";
import { redisCliCommand } from "./verbs/redis-cli.ts";
import { releasesCommand } from "./verbs/releases.ts";
import { restartCommand } from "./verbs/restart.ts";
import { rollbackCommand } from "./verbs/rollback.ts";
import { rotateCommand } from "./verbs/rotate.ts";
import { runCommand } from "./verbs/run.ts";
import { secretsCommand } from "./verbs/secrets.ts";
import { serverCommand } from "./verbs/server.ts";
import { shellCommand } from "./verbs/shell.ts";
import { statusCommand } from "./verbs/status.ts";
import { upCommand } from "./verbs/up.ts";

/** In the order of the help text. */
const VERBS: (() => Command)[] = [
    initCommand,
    upCommand,
    downCommand,
    previewCommand,
    prCommand,
    statusCommand,
    logsCommand,
    openCommand,
    consoleCommand,
    shellCommand,
    runCommand,
    dbconsoleCommand,
    redisCliCommand,
    restartCommand,
    maintenanceCommand,
    releasesCommand,
    rollbackCommand,
    rotateCommand,
    secretsCommand,
    doctorCommand,
    pulumiCommand,
    serverCommand,
    clusterCommand,
    completionCommand,
];

/** The verbs of Kamal and of Docker Compose that have another name here. */
const OTHER_NAMES: Record<string, string> = {
    bash: "shell",
    build: "up",
    create: "up",
    deploy: "up",
    destroy: "down",
    details: "status",
    exec: "run",
    list: "status",
    ls: "status",
    ps: "status",
    reboot: "restart",
    redeploy: "up",
    remove: "down",
    sh: "shell",
    start: "up",
};

export function createProgram(): Command {
    const program = new Command("drydock")
        .description("Runs Rails applications and their databases on Docker, with Pulumi")
        .version(packageJson.version)
        .enablePositionalOptions()
        .showHelpAfterError("`drydock help <verb>` explains its arguments.")
        .exitOverride()
        .configureHelp({ showGlobalOptions: true });
    for (const create of VERBS) program.addCommand(inheritSettings(create(), program));
    program.addCommand(completeCommand(program), { hidden: true });
    return program;
}

/** Passes the settings on to subcommands too: they were created before their parent had any. */
function inheritSettings(command: Command, parent: Command): Command {
    command.copyInheritedSettings(parent);
    for (const subcommand of command.commands) inheritSettings(subcommand, command);
    return command;
}

/**
 * Runs the command.
 *
 * @param args without the names of Node and the program
 * @returns the exit code
 */
export async function main(args: string[]): Promise<number> {
    try {
        await createProgram().parseAsync(args, { from: "user" });
        return Number(process.exitCode ?? ExitCode.Success);
    } catch (error) {
        return report(error, args);
    }
}

function report(error: unknown, args: string[]): number {
    // Commander has printed the error, or the help that the user asked for.
    if (error instanceof CommanderError) {
        const name = args.find((arg) => !arg.startsWith("-")) ?? "";
        const verb = OTHER_NAMES[name];
        if (error.code === "commander.unknownCommand" && verb !== undefined)
            process.stderr.write(`Did you mean \`drydock ${verb}\`?\n`);
        return error.exitCode === 0 ? ExitCode.Success : ExitCode.Usage;
    }
    const remedy = error instanceof CommandError ? error.remedy : undefined;
    const message = error instanceof CommandError ? error.message : messageOf(error);
    const isPassphrase = isWrongPassphrase(`${message}\n${remedy ?? ""}`);
    const lines = [message, ...(remedy ? [remedy] : []), ...(isPassphrase ? [passphraseRemedy()] : [])];
    process.stderr.write(`${colorsFor(process.stderr).red("✗")} ${lines.join("\n  ")}\n`);
    if (!(error instanceof CommandError) && process.env.DRYDOCK_DEBUG) console.error(error);
    return error instanceof CommandError ? error.exitCode : ExitCode.Failure;
}
