import { type Command, Option } from "commander";
import { chooseProcess, replicasOf, runningContainer } from "../containers.ts";
import { clientCommand, DATABASE, databaseUrl } from "../databases.ts";
import { CommandError } from "../exit-codes.ts";
import { openStack } from "../project.ts";
import { nodeEngines, readProcesses } from "../stack-inventory.ts";
import { APPLICATION, execCommand, type ExecOptions, execute } from "../exec.ts";
import { printUrl } from "../print-url.ts";

interface Options extends ExecOptions {
    database?: string;
    url?: boolean;
}

export function dbconsoleCommand(): Command {
    return execCommand("dbconsole", "the only database")
        .alias("psql")
        .description(
            "open psql or mysql in the database's container, logged in; for SQLite, bin/rails dbconsole",
        )
        .argument("[args...]", "arguments of the program")
        .addOption(new Option("--database <name>", "another database of the server"))
        .option("--url", "print a URL with the password instead, for programs on this machine")
        .allowUnknownOption()
        .action(openDatabase);
}

async function openDatabase(
    args: string[],
    { stack: name, component, database, url }: Options,
): Promise<void> {
    const stack = await openStack({ stack: name });
    const processes = await readProcesses(stack);
    // Without a server in the stack, Rails finds the database: SQLite, or a server elsewhere.
    const hasServer = processes.some(DATABASE.matches);
    const target = component === undefined && !hasServer ? APPLICATION : DATABASE;
    const chosen = chooseProcess(processes, component, target, stack);
    const replicas = replicasOf(chosen, processes);
    const container = await runningContainer(stack, chosen, nodeEngines(stack)(chosen.engine), replicas);
    if (!APPLICATION.matches(chosen)) {
        if (url) printUrl(container, await databaseUrl(container, database));
        else await execute(container, clientCommand(container, args, database));
        return;
    }
    if (url && hasServer)
        throw new CommandError(
            `${chosen.component} is an application, and only a database server has a URL`,
            `Leave out --component: \`drydock dbconsole --url${stack.option}\`.`,
        );
    if (url)
        throw new CommandError(
            `The stack ${stack.name} runs no database server, so there is no URL for programs on this machine`,
            `\`drydock dbconsole${stack.option}\` opens the database of the application.`,
        );
    if (database !== undefined) {
        const option = stack.option + (component === undefined ? "" : ` --component ${component}`);
        throw new CommandError(
            `--database names a database of a server, but ${chosen.component} is an application`,
            `Pass Rails the name in config/database.yml: \`drydock dbconsole${option} --db ${database}\`.`,
        );
    }
    await execute(container, ["bin/rails", "dbconsole", "--include-password", ...args]);
}
