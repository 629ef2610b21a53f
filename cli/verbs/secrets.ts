import { Command } from "commander";
import { CommandError, ExitCode, UsageError } from "../exit-codes.ts";
import { withJson, withStack } from "../options.ts";
import { colorsFor, formatTable, printJson, progress, warn } from "../output.ts";
import { openProject, openStack, type Stack, type StackOption, stackOption } from "../project.ts";
import { askForSecrets, readPiped } from "../secrets/hidden-input.ts";
import { listSecrets, type SecretStatus } from "../secrets/list.ts";
import { type RequiredSecrets, requiredSecrets } from "../secrets/required.ts";
import { selectValues } from "../secrets/selection.ts";
import { setSecrets } from "../secrets/set.ts";
import { readSource, type Source } from "../secrets/sources.ts";
import { providePulumi } from "../setup/pulumi.ts";
import { installPackages, ensureStack } from "../update/stack.ts";

interface ListOptions extends StackOption {
    json?: boolean;
}

interface ImportOptions extends StackOption, Source {
    all?: boolean;
}

export function secretsCommand(): Command {
    const command = new Command("secrets").description(
        "list, set and import the secrets that the program requires",
    );
    const list = command
        .command("list")
        .description("show which secrets the program requires, and which of them are missing");
    withJson(withStack(list)).action(showSecrets);
    const set = command
        .command("set")
        .description("set secrets; asks for each value, or without a terminal reads one from standard input")
        .argument("<names...>", "names, such as STRIPE_KEY");
    withStack(set).action(setNamed);
    const take = command
        .command("import")
        .description("set the secrets that the program requires, from a file or the output of a command")
        .argument("[names...]", "only these, whether or not the program requires them")
        .option("--file <file>", "env file, or an object in JSON")
        .option("--command <command>", "command that prints such a file, such as 'op inject -i .env.tpl'")
        .option("--kamal", "`kamal secrets print`, which runs the commands in .kamal/secrets")
        .option("--destination <name>", "with --kamal: destination of Kamal")
        .option("--all", "all that the source has, whether or not the program requires them");
    withStack(take).action(importSecrets);
    return command;
}

async function showSecrets({ stack: name, json }: ListOptions): Promise<void> {
    const stack = await open({ stack: name });
    const required = await findRequired(stack);
    const list = listSecrets(stack, required);
    if (required.reason !== undefined) process.exitCode = ExitCode.Failure;
    if (json) printJson({ project: stack.project.name, stack: stack.name, ...list });
    else if (list.secrets.length > 0) process.stdout.write(`${formatSecrets(list.secrets)}\n`);
    else if (required.reason === undefined)
        process.stdout.write("The program requires no secrets, and none is set.\n");
}

async function open(options: StackOption): Promise<Stack> {
    await providePulumi(openProject());
    return openStack(options);
}

function formatSecrets(secrets: SecretStatus[]): string {
    const colors = colorsFor(process.stdout);
    const color = { set: colors.green, missing: colors.red };
    const rows = secrets.map(({ name, state, required }) => [
        name,
        color[state](state),
        required ? "yes" : "no",
    ]);
    return formatTable(["SECRET", "STATE", "REQUIRED"], rows, colors);
}

async function findRequired(stack: Stack): Promise<RequiredSecrets> {
    installPackages(stack.project);
    progress("Previewing the program, to see which secrets it requires");
    const required = await requiredSecrets(stack);
    if (required.reason !== undefined)
        warn(`The program failed before its end, so it may need more secrets: ${required.reason}`);
    return required;
}

async function setNamed(names: string[], options: StackOption): Promise<void> {
    refuseWrongNames(names);
    const { isTTY } = process.stdin;
    if (!isTTY && names.length > 1)
        throw new UsageError(
            "Standard input has one value, but you named several secrets",
            `Run the command once for each, or use \`drydock secrets import${stackOption(options)}\`.`,
        );
    const stack = await open(options);
    const values: Record<string, string> = {};
    for await (const [name, value] of isTTY ? askForSecrets(names) : readForName(names)) {
        if (value === "")
            throw new UsageError(
                `The value of ${name} is empty`,
                `Type or paste it, or pass it on standard input: \`drydock secrets set${stack.option} ${name} < file\`.`,
            );
        values[name] = value;
    }
    await store(stack, options, values);
}

async function* readForName([name = ""]: string[]): AsyncGenerator<[name: string, value: string]> {
    yield [name, await readPiped()];
}

/** A value on the command line would end up in the history of the shell and in the list of processes. */
function refuseWrongNames(
    names: string[],
    origin = "The value comes from the terminal or from standard input.",
): void {
    // A wrong name may be a value, so the messages do not repeat it.
    names.forEach((name, i) => {
        if (name.includes("="))
            throw new UsageError(
                `Argument ${i + 1} contains a value, which other users can read in the list of processes`,
                `Pass the name alone. ${origin}`,
            );
        if (!/^[\w.-]+(:[\w.-]+)?$/.test(name))
            throw new UsageError(
                `Argument ${i + 1} is not the name of a secret`,
                `Use letters, digits, \`_\`, \`-\` and \`.\`. ${origin}`,
            );
    });
}

async function importSecrets(names: string[], options: ImportOptions): Promise<void> {
    refuseWrongNames(names, "To import a file, pass it with --file.");
    const { all = false } = options;
    if (names.length > 0 && all)
        throw new UsageError("--all cannot be combined with names", "Leave out one of them.");
    const stack = await open(options);
    const source = readSource(options, stack);
    const absent = names.filter((name) => source[name] === undefined);
    if (absent.length > 0)
        throw new UsageError(
            `The source does not have ${absent.join(", ")}`,
            "No secret was set. Check the names, or leave them out to import what the program requires.",
        );
    const required = names.length > 0 || all ? [] : (await findRequired(stack)).names;
    const wanted = names.length > 0 ? names : all ? Object.keys(source) : required;
    const { values, unrequested, empty } = selectValues(source, wanted);
    if (Object.keys(values).length > 0) await store(stack, options, values);
    const missing = required.filter((name) => stack.config(name) === undefined);
    const lines = [
        ...(unrequested.length > 0 && names.length === 0
            ? [`Skipped (the program does not require them): ${unrequested.join(", ")}`]
            : []),
        ...(empty.length > 0 ? [`Skipped (they are empty): ${empty.join(", ")}`] : []),
        ...(missing.length > 0 ? [`Still missing: ${missing.join(", ")}`] : []),
    ];
    process.stdout.write(lines.map((line) => `${line}\n`).join(""));
    if (Object.keys(values).length === 0)
        throw new CommandError("No secret was set", "Name the secrets to set, or take all with --all.");
}

async function store(stack: Stack, options: StackOption, values: Record<string, string>): Promise<void> {
    await ensureStack(stack, options);
    setSecrets(stack, values);
    process.stdout.write(
        `Set ${Object.keys(values).join(", ")} in the stack ${stack.name}. \`drydock up${stack.option}\` applies the change.\n`,
    );
}
