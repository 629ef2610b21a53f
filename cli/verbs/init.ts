import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { Command, Option } from "commander";
import { UsageError } from "../exit-codes.ts";
import type { InitHost } from "../init/init.ts";
import type { Question } from "../init/model.ts";
import { directoryFiles } from "../init/project-files.ts";
import { PROJECT_DIRECTORY } from "../init/translate/container.ts";
import { colorsFor, formatTable } from "../output.ts";
import { openStack } from "../project.ts";
import { dockerEnvironment } from "../docker-environment.ts";
import { setSecrets } from "../secrets/set.ts";
import { ask, askToConfirm, isInteractive } from "../ask.ts";
import { ensureStack } from "../update/stack.ts";

interface Options {
    yes?: boolean;
    strict?: boolean;
    adopt?: boolean;
    runCommands?: boolean;
    compose?: string[];
    from?: "kamal" | "compose";
    name?: string;
}

export function initCommand(): Command {
    return new Command("init")
        .description("write a Pulumi program for the application in this directory, into infra/")
        .argument("[directory]", "directory of the application", ".")
        .option("-y, --yes", "accept the defaults; exit code 2 if a question stays unanswered")
        .option("--strict", "write nothing if a key of a Compose file or of Kamal would be left out")
        .option("--compose <file...>", "Compose files to read, instead of those that Docker Compose finds")
        .addOption(
            new Option("--from <source>", "which configuration to read if there are both").choices([
                "kamal",
                "compose",
            ]),
        )
        .option(
            "--name <name>",
            "name of the project (default: from the files, else the name of the directory)",
        )
        .option("--adopt", "take over the data and passwords of what runs now")
        .option("--run-commands", "run `kamal secrets print`, which runs the commands in .kamal/secrets")
        .action(initialize);
}

async function initialize(directory: string, options: Options): Promise<void> {
    const { yes = false, strict = false, adopt = false, runCommands = false, compose, from, name } = options;
    // Imported here, because it loads Pulumi's SDK, for which every other verb would wait.
    const { init } = await import("../init/init.ts");
    const path = resolve(directory);
    const files = directoryFiles(path);
    for (const file of compose ?? [])
        if (files.read(file) === undefined)
            throw new UsageError(
                `There is no file ${file} in ${path}`,
                "Name a Compose file, for example `--compose compose.yaml`.",
            );
    if (!yes && !(isInteractive() && process.stdout.isTTY))
        throw new UsageError(
            "init asks questions, but this is not an interactive terminal",
            "Pass --yes to accept the defaults.",
        );
    process.exitCode = await init(
        {
            directory: path,
            name,
            yes,
            strict,
            adopt,
            runCommands,
            composeFiles: compose,
            from,
        },
        hostOf(path),
    );
}

function hostOf(directory: string): InitHost {
    const print = (text: string) => process.stdout.write(`${text}\n`);
    return {
        files: directoryFiles(directory),
        environment: process.env,
        print,
        printTable: (header, rows) => {
            print(`\n${formatTable(header, rows, colorsFor(process.stdout))}`);
        },
        ask: askQuestion,
        confirm: askToConfirm,
        write: (path, content) => {
            mkdirSync(dirname(join(directory, path)), { recursive: true });
            writeFileSync(join(directory, path), content);
        },
        listVolumes: async () => {
            const args = ["volume", "ls", "--quiet"];
            const listed = await promisify(execFile)("docker", args, { env: dockerEnvironment({}) }).catch(
                () => undefined,
            );
            return listed?.stdout.split("\n").filter(Boolean);
        },
        setSecrets: async (name, values) => {
            const stack = await openStack({ stack: name }, join(directory, PROJECT_DIRECTORY));
            await ensureStack(stack, { stack: name });
            setSecrets(stack, values);
        },
        run: ([command = "", ...args]) =>
            Promise.resolve(
                execFileSync(command, args, {
                    cwd: directory,
                    encoding: "utf8",
                    stdio: ["inherit", "pipe", "inherit"],
                }),
            ),
    };
}

async function askQuestion(question: Question): Promise<string | undefined> {
    const { message, choices, check, default: initial } = question;
    const validate = (value: string) => (value === "" ? undefined : check?.(value)) ?? true;
    const answer = await ask(({ input, select }, context) =>
        choices
            ? select({ message, choices: choices.map((value) => ({ value })), default: initial }, context)
            : input({ message: `${message} (empty to decide later)`, default: initial, validate }, context),
    );
    return answer === "" ? undefined : answer;
}
