/** The sources of `drydock secrets import`. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { EnvFileError, parseEnvFile } from "../../components/container/env-file-parser.ts";
import { CommandError, UsageError } from "../exit-codes.ts";
import { directoryFiles } from "../init/project-files.ts";
import { parsePrintedSecrets, readKamalSecrets } from "../init/sources/kamal-secrets.ts";
import { messageOf, type Project, type Stack } from "../project.ts";

export interface Source {
    file?: string;
    /** Shell command that prints the values. */
    command?: string;
    kamal?: boolean;
    /** Destination of Kamal, with `kamal`. */
    destination?: string;
}

/** Reads values by name, in their order. No message contains a value. */
export function readSource(
    { file, command, kamal, destination }: Source,
    { project, option }: Pick<Stack, "project" | "option">,
) {
    if ([file, command, kamal].filter((source) => source !== undefined).length !== 1)
        throw new UsageError(
            "Name one source: --file, --command or --kamal",
            `For example \`drydock secrets import${option} --file .env\`.`,
        );
    if (destination !== undefined && !kamal)
        throw new UsageError(
            "--destination works only with --kamal",
            "Add --kamal, or leave out --destination.",
        );
    if (file !== undefined) return parseValues(readText(file), file);
    if (command !== undefined)
        return parseValues(run("sh", ["-c", command], process.cwd(), command), `The output of ${command}`);
    return readKamal(project, destination);
}

function readText(file: string): string {
    try {
        return readFileSync(resolve(file), "utf8");
    } catch (error) {
        throw new UsageError(
            `${file} cannot be read: ${messageOf(error)}`,
            "Name an env file, or a file with an object in JSON.",
        );
    }
}

/** Parses an env file, or an object in JSON. */
export function parseValues(text: string, source: string): Record<string, string> {
    try {
        return text.trimStart().startsWith("{") ? parseJson(text) : parseEnvFile(text);
    } catch (error) {
        if (!(error instanceof EnvFileError)) throw error;
        throw new CommandError(`${source}: ${error.message}`, "No secret was set.");
    }
}

function parseJson(text: string): Record<string, string> {
    let values: Record<string, unknown>;
    try {
        values = JSON.parse(text) as Record<string, unknown>;
    } catch {
        // The parser's message quotes the text.
        throw new EnvFileError("starts with { but is not valid JSON");
    }
    return Object.fromEntries(
        Object.entries(values).map(([name, value]) => {
            if (!["string", "number", "boolean"].includes(typeof value))
                throw new EnvFileError(`the value of ${name} must be a string, a number or a boolean`);
            return [name, String(value)];
        }),
    );
}

function readKamal(project: Project, destination: string | undefined): Record<string, string> {
    const candidates = [process.cwd(), project.directory, dirname(project.directory)];
    const directory = candidates.find((candidate) => existsSync(join(candidate, ".kamal")));
    if (directory === undefined)
        throw new UsageError(
            `There is no .kamal in ${[...new Set(candidates)].join(" or ")}`,
            "Change to the directory of the application that Kamal deploys.",
        );
    const names = readKamalSecrets(directoryFiles(directory), destination).map(({ name }) => name);
    const kamal = existsSync(join(directory, "bin/kamal")) ? "bin/kamal" : "kamal";
    const args = ["secrets", "print", ...(destination === undefined ? [] : ["--destination", destination])];
    return parsePrintedSecrets(run(kamal, args, directory, [kamal, ...args].join(" ")), names);
}

/** Runs a program, which may ask on the terminal, and returns its output. */
function run(program: string, args: string[], directory: string, command: string): string {
    const { status, stdout, error } = spawnSync(program, args, {
        cwd: directory,
        encoding: "utf8",
        maxBuffer: 1024 ** 3,
        stdio: ["inherit", "pipe", "inherit"],
    });
    if (status === 0) return stdout;
    const reason = error === undefined ? `failed with exit code ${status ?? "unknown"}` : "cannot be run";
    throw new CommandError(`\`${command}\` ${reason}`, "Run it by hand to see why. No secret was set.");
}
