import { basename } from "node:path";
import { createTwoFilesPatch } from "diff";
import { BACKEND } from "../project.ts";
import { ExitCode } from "../exit-codes.ts";
import { formatCount } from "../output.ts";
import { backendKind } from "./backends.ts";
import { detect, type DetectOptions, type Facts } from "./detect.ts";
import { keepOwnSettings, type PlannedFile, planFiles } from "./files.ts";
import { describeFacts } from "./describe-facts.ts";
import { needsSecret, type Program, type Question, type Stack, type StackSecret } from "./model.ts";
import { PACKAGE_NAME } from "../package-name.ts";
import type { ProjectFiles } from "./project-files.ts";
import { Report, tableOf } from "./report.ts";
import { readStackConfig, stackConfigFile } from "./stack-config.ts";
import { parsePrintedSecrets } from "./sources/kamal-secrets.ts";
import type { ComposeProject } from "./translate/adoption.ts";
import { translate } from "./translate/program.ts";
import { SECRETS_COMMAND } from "./translate/secrets.ts";

export interface InitOptions extends DetectOptions {
    /** Absolute path of the application's directory. */
    directory: string;
    /** Name of the project. @default that of the files, else of the directory */
    name?: string;
    /** Accepts the defaults, and asks nothing. */
    yes: boolean;
    /** Refuses to leave out a key. */
    strict: boolean;
    /** Takes over the data and passwords of what runs now. */
    adopt: boolean;
    /** Allows running `kamal secrets print`. */
    runCommands: boolean;
}

/** The side effects of `init`: output, questions, files, and the secrets of a stack. */
export interface InitHost {
    files: ProjectFiles;
    environment: Record<string, string | undefined>;
    print: (text: string) => void;
    printTable: (header: string[], rows: string[][]) => void;
    /** The answer, or undefined to leave the question open. */
    ask: (question: Question) => Promise<string | undefined>;
    confirm: (message: string) => Promise<boolean>;
    write: (path: string, content: string) => void;
    /** Names of the volumes in Docker on this machine. Undefined if it does not answer. */
    listVolumes: () => Promise<string[] | undefined>;
    /** Sets secrets in the configuration of a stack, which it creates if necessary: all of them, or none if one fails. */
    setSecrets: (stack: string, values: Record<string, string>) => Promise<void>;
    /** Runs a command in the application's directory, and returns its output. Only called with consent. */
    run: (command: string[]) => Promise<string>;
}

/** Something that the user has to do. */
interface OpenItem {
    problem: string;
    remedy: string;
}

/** Writes a Pulumi program for an application. */
export async function init(options: InitOptions, host: InitHost): Promise<ExitCode> {
    const { report, facts, program, open } = await translateWithAnswers(options, host);
    if (report.errors.length > 0) {
        for (const error of report.errors) host.print(error);
        host.print("Nothing is written, because a file cannot be read. Fix it and run init again.");
        return ExitCode.Failure;
    }
    const found = describeFacts(facts);
    host.print(found.length > 0 ? "Found:" : "Found no application here.");
    for (const line of found) host.print(`  ${line}`);
    if (report.notes.length > 0) host.print("\nNotes:");
    for (const note of report.notes) host.print(`- ${note}`);
    if (options.strict && report.omitted.length > 0) {
        const [header = [], ...rows] = tableOf(report.omitted);
        host.printTable(header, rows);
        host.print(
            `${formatCount(report.omitted.length, "key")} would be left out, so nothing is written (--strict).`,
        );
        return ExitCode.Failure;
    }
    host.print("\nFiles:");
    for (const file of planFiles(program, facts)) open.push(...(await writeFile(file, options, host)));
    open.push(...(await setSecrets(program, options, host)), ...(await missingVolumes(program, host)));
    const [header = [], ...rows] = tableOf(report.rows);
    if (rows.length > 0) host.printTable(header, rows);
    printNextSteps(program, open, host);
    return open.length > 0 ? ExitCode.Usage : ExitCode.Success;
}

/** Translates, asks the questions that come up, and translates again until there are no new ones. */
async function translateWithAnswers(
    options: InitOptions,
    host: InitHost,
): Promise<{ report: Report; facts: Facts; program: Program; open: OpenItem[] }> {
    const answers = new Map<string, string>();
    const asked = new Set<string>();
    for (;;) {
        const report = new Report();
        const facts = detect(host.files, report, options);
        const { program, questions } = translate(
            facts,
            options.name ??
                facts.kamal?.declaration.name ??
                facts.compose?.name ??
                basename(options.directory),
            report,
            answers,
            options.adopt ? composeProject(options, facts, host) : undefined,
        );
        const fresh =
            options.yes || report.errors.length > 0 ? [] : questions.filter(({ id }) => !asked.has(id));
        if (fresh.length === 0) {
            const unanswered = questions.filter(
                (question) => question.default === undefined && !answers.has(question.id),
            );
            const open = unanswered.map(({ message, remedy }) => ({ problem: message, remedy }));
            return { report, facts, program, open };
        }
        for (const question of fresh) {
            asked.add(question.id);
            const answer = await host.ask(question);
            if (answer !== undefined && answer !== "") answers.set(question.id, answer);
        }
    }
}

function composeProject(
    { directory }: InitOptions,
    { known }: Facts,
    { environment }: InitHost,
): ComposeProject {
    return { directory, variable: environment.COMPOSE_PROJECT_NAME ?? known.COMPOSE_PROJECT_NAME };
}

/** Writes a file. Replaces an existing file that differs only if the user agrees. */
async function writeFile(file: PlannedFile, { yes }: InitOptions, host: InitHost): Promise<OpenItem[]> {
    const { path, addition, supersedes } = file;
    const existing = host.files.read(path);
    const content = existing === undefined ? file.content : keepOwnSettings(file, existing);
    if (existing === content) return [];
    if (existing === undefined || existing === supersedes) {
        host.write(path, content);
        host.print(`  ${existing === undefined ? "created" : "updated"} ${path}`);
        return [];
    }
    const patch = createTwoFilesPatch(path, path, existing, content, "existing", "new");
    if (addition === undefined || !yes) host.print(patch);
    const isAccepted =
        addition !== undefined && yes ? true : !yes && (await host.confirm(`Change ${path} like this?`));
    if (isAccepted) {
        host.write(path, content);
        host.print(
            addition === undefined ? `  replaced ${path}` : `  added to ${path}:${addition.trimEnd()}`,
        );
        return [];
    }
    host.print(`  kept ${path}`);
    return [
        {
            problem: `${path} already exists and differs`,
            remedy: "merge the change that is shown above, or remove the file and run init again",
        },
    ];
}

/** Sets the secrets of the development stack whose values are available. No value is printed. */
async function setSecrets(program: Program, options: InitOptions, host: InitHost): Promise<OpenItem[]> {
    const [development] = program.stacks;
    if (development === undefined) return [];
    const open: OpenItem[] = [];
    const set = secretsOf(program.name, development.name, host);
    const missing = program.secrets.filter(
        (secret) => !set.has(secret.name) && needsSecret(development, secret),
    );
    for (const { name } of program.secrets.filter(({ name }) => set.has(name)))
        host.print(`  kept the secret ${name} of the stack ${development.name}, which is already set`);
    const values = await readSecretValues(missing, options, host, open);
    const unknown = missing.filter(({ name, isOptional = false }) => !values.has(name) && !isOptional);
    for (const { name, source } of unknown)
        open.push({
            problem: `The secret ${name} is not set (${source})`,
            remedy: setCommand([name], development.name),
        });
    const known = missing.filter(({ name }) => values.has(name));
    if (known.length === 0) return open;
    try {
        await host.setSecrets(development.name, Object.fromEntries(values));
        for (const { name, source } of known)
            host.print(`  set the secret ${name} of the stack ${development.name}, from ${source}`);
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const names = known.map(({ name }) => name);
        open.push({
            problem: `The secrets ${names.join(", ")} could not be set: ${reason}`,
            remedy: setCommand(names, development.name),
        });
    }
    return open;
}

/** A command that asks for the values on a terminal. */
function setCommand(names: string[], stack: string): string {
    return `npx ${PACKAGE_NAME} secrets set ${names.join(" ")} --stack ${stack}`;
}

/** Volumes to take over that do not exist: Docker would create them, and the servers would start empty. */
async function missingVolumes(
    { name, adoptedVolumes, stacks }: Program,
    host: InitHost,
): Promise<OpenItem[]> {
    const stack = stacks[0]?.name ?? "dev";
    // The user may have configured other volumes.
    const config = readStackConfig(host.files, stack);
    const wanted = Object.entries(adoptedVolumes)
        .map(([setting, volume]) => {
            const own = config[`${name}:${setting}`];
            return [setting, typeof own === "string" ? own : volume] as const;
        })
        .filter(([, volume]) => volume !== "");
    const existing = wanted.length === 0 ? [] : await host.listVolumes();
    if (existing === undefined) {
        const problem = "Docker does not answer, so the volumes to take over could not be checked";
        return [{ problem, remedy: "start Docker, and run init again" }];
    }
    return wanted
        .filter(([, volume]) => !existing.includes(volume))
        .map(([setting, volume]) => ({
            problem: `Docker has no volume ${volume}: its service would start with empty data`,
            remedy: `set ${setting} in ${stackConfigFile(stack)} to a volume that \`docker volume ls\` lists, or to "" to start empty`,
        }));
}

/** Names of the secrets that the configuration of a stack has. */
function secretsOf(project: string, stack: string, { files }: InitHost): Set<string> {
    const prefix = `${project}:`;
    const isSecret = (value: unknown) => typeof value === "object" && value !== null && "secure" in value;
    return new Set(
        Object.entries(readStackConfig(files, stack)).flatMap(([key, value]) =>
            key.startsWith(prefix) && isSecret(value) ? [key.slice(prefix.length)] : [],
        ),
    );
}

/** @param open receives what the user has to do if a command fails */
async function readSecretValues(
    secrets: StackSecret[],
    { yes, runCommands }: InitOptions,
    host: InitHost,
    open: OpenItem[],
): Promise<Map<string, string>> {
    const values = new Map<string, string>();
    for (const { name, value, file, variable } of secrets) {
        const found =
            value ??
            (file === undefined ? undefined : host.files.read(file)?.trimEnd()) ??
            (variable === undefined ? undefined : host.environment[variable]);
        if (found !== undefined && found !== "") values.set(name, found);
    }
    const hidden = secrets
        .filter(({ name, command }) => command !== undefined && !values.has(name))
        .map(({ name }) => name);
    if (hidden.length === 0) return values;
    const isAllowed =
        runCommands ||
        (!yes &&
            (await host.confirm(
                `Run \`${SECRETS_COMMAND}\` for ${hidden.join(", ")}? It runs the commands in .kamal/secrets.`,
            )));
    if (!isAllowed) return values;
    try {
        const printed = parsePrintedSecrets(await host.run(SECRETS_COMMAND.split(" ")), hidden);
        for (const [name, value] of Object.entries(printed)) values.set(name, value);
    } catch {
        // The error may contain what the command printed.
        open.push({
            problem: `\`${SECRETS_COMMAND}\` failed, so its secrets are not set`,
            remedy: `run \`${SECRETS_COMMAND}\` to see why, and then run init again`,
        });
    }
    return values;
}

function printNextSteps({ stacks, secrets }: Program, open: OpenItem[], host: InitHost): void {
    for (const stack of stacks.filter(({ isDevelopment }) => !isDevelopment))
        for (const line of describeFirstUpdate(
            stack,
            secrets.filter((secret) => needsSecret(stack, secret)),
        ))
            host.print(line);
    if (open.length > 0) {
        host.print(`\nOpen (${open.length}):`);
        for (const { problem, remedy } of open) host.print(`- ${problem}\n    ${remedy}`);
    }
    host.print(`\n${open.length > 0 ? "Then bring" : "Bring"} it up with \`npx ${PACKAGE_NAME} up\`.`);
}

/** What to do before the first update of a stack that is not the developer's own, and what a colleague needs. */
function describeFirstUpdate({ name, values }: Stack, secrets: StackSecret[]): string[] {
    const backend = values[BACKEND];
    const isCloud = backendKind(backend) === "cloud";
    const required = secrets.filter(({ isOptional = false, file }) => !isOptional && file === undefined);
    return [
        `\nBefore the first \`npx ${PACKAGE_NAME} up --stack ${name}\`:`,
        isCloud
            ? "  pulumi login"
            : "  export PULUMI_CONFIG_PASSPHRASE_FILE='<file with a passphrase of your choice>'",
        ...(required.length > 0
            ? [
                  `  ${setCommand(
                      required.map((secret) => secret.name),
                      name,
                  )}`,
              ]
            : []),
        ...secrets
            .filter((secret) => !required.includes(secret))
            .map(({ name: secret, file, isGenerated }) =>
                file === undefined
                    ? `  ${setCommand([secret], name)}   # ${isGenerated ? "as it is now; without it, a new one is generated" : "if this stack has it"}`
                    : `  ${setCommand([secret], name)} < ${file}`,
            ),
        isCloud
            ? `A colleague needs access to the stack in Pulumi Cloud, by \`pulumi login\`, and no passphrase.`
            : `A colleague needs access to the backend, and the passphrase: keep it in the password manager of your team. ` +
              `Everybody sets PULUMI_CONFIG_PASSPHRASE to it, or PULUMI_CONFIG_PASSPHRASE_FILE to a file with it.`,
        `Commit Pulumi.${name}.yaml, which has the secrets encrypted.`,
    ];
}
