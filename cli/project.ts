/** The Pulumi project and the stack that a verb works on, driven by Pulumi's Automation API. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import type { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { parse } from "yaml";
import { CommandError, UsageError } from "./exit-codes.ts";
import { PACKAGE_NAME } from "./package-name.ts";
import { ancestors, projectDirectory, projectFile } from "./project-directory.ts";
import { type Deployment, hasCheckpoint, readDeployment, stateDirectory } from "./state.ts";
import { findPulumi, MissingPulumi, PULUMI_INSTALLATION } from "./setup/find-pulumi.ts";

/** The fields of Pulumi.yaml that the command reads. */
interface ProjectFile {
    name?: string;
    runtime?: string | { name?: string };
    /** Component providers by name: a path, or the source that was passed to `pulumi package add`. */
    packages?: Record<string, unknown>;
    backend?: { url?: string };
    stackConfigDir?: string;
    config?: Record<string, unknown>;
}

export interface Project {
    /** Absolute path of the directory with Pulumi.yaml. */
    directory: string;
    name: string;
    file: ProjectFile;
}

/** A stack of a project. */
export interface Stack {
    project: Project;
    name: string;
    /** Value of the stack's configuration, or its default in Pulumi.yaml. A secret is an object with the key `secure`. */
    config: (key: string) => unknown;
    /** The state. */
    deployment: () => Promise<Deployment>;
    /** The user's `--stack`, which the commands in messages repeat: ` --stack production`. Empty if there was none. */
    option: string;
}

export interface StackOption {
    stack?: string;
}

/** See `Stack.option`. */
export function stackOption({ stack }: StackOption): string {
    return stack === undefined ? "" : ` --stack ${stack}`;
}

/** Stack that is used if none is named or selected. */
export const DEFAULT_STACK = "dev";

/** Passphrase of stacks whose state is beside the program, where it protects nothing. Shared stacks have their own. */
export const LOCAL_PASSPHRASE = "drydock-dev";

/** Finds the project in a directory or `infra/` below it, or else in its parents in the same way. */
export function findProject(from: string = process.cwd()): Project {
    const directory = projectDirectory(from);
    const project = directory === undefined ? undefined : readProject(directory);
    if (project) return project;
    throw new UsageError(
        `There is no Pulumi project in ${resolve(from)}, its parents or infra/ below them`,
        `Change to the directory of your application, or create a project with \`npx ${PACKAGE_NAME} init\`.`,
    );
}

/** The project in a directory, without looking elsewhere. */
export function readProject(directory: string): Project | undefined {
    const path = projectFile(directory);
    if (path === undefined) return undefined;
    const file = readYaml(path) as ProjectFile;
    if (typeof file.name !== "string")
        throw new CommandError(`${path} has no \`name\``, "Add the name of the project: `name: shop`.");
    return { directory, name: file.name, file };
}

/**
 * Command that installs the npm packages of a program. Pulumi installs them for Node.js only. A program in YAML has its
 * component provider among them.
 */
export function installCommand(project: Project): string {
    return isNodeProgram(project) ? "pulumi install --no-plugins --non-interactive" : "npm install";
}

/** Whether the program is in TypeScript or JavaScript. */
export function isNodeProgram({ file: { runtime } }: Project): boolean {
    return (typeof runtime === "object" ? runtime.name : runtime) === "nodejs";
}

/** Finds the project, and makes Pulumi work there. */
export function openProject(from?: string): Project {
    const project = findProject(from);
    configureEnvironment(project);
    return project;
}

/** Opens a stack: the named one, the selected one, or `dev`. */
export async function openStack({ stack }: StackOption = {}, from?: string): Promise<Stack> {
    const project = openProject(from);
    const name = stack ?? process.env.PULUMI_STACK ?? (await selectedStack(project)) ?? DEFAULT_STACK;
    configureEnvironment(project, name);
    const option = stackOption({ stack });
    return {
        project,
        name,
        config: (key) => configValue(project, name, key),
        deployment: () => loadDeployment(project, name, option),
        option,
    };
}

let workspace: Promise<LocalWorkspace> | undefined;

/** Pulumi in the directory of the project. */
export function openWorkspace({ directory }: Project): Promise<LocalWorkspace> {
    workspace ??= import("@pulumi/pulumi/automation/index.js")
        .then(({ LocalWorkspace }) => LocalWorkspace.create({ workDir: directory }))
        .catch((error: unknown) => {
            if (!findPulumi(directory)) throw new MissingPulumi();
            throw new CommandError(
                `Pulumi does not work: ${messageOf(error)}`,
                `Update it, or install it again: ${PULUMI_INSTALLATION}`,
            );
        });
    return workspace;
}

async function selectedStack(project: Project): Promise<string | undefined> {
    const recorded = recordedStack(project);
    if (recorded !== undefined) return recorded;
    const selected = await (await openWorkspace(project)).stack().catch((error: unknown) => {
        throw new CommandError(
            `Pulumi cannot list the stacks of ${project.name}: ${messageOf(error)}`,
            backendRemedy(),
        );
    });
    return selected?.name;
}

/** The stack that `pulumi stack select` has recorded. Reading the record saves the second that asking Pulumi takes. */
function recordedStack({ directory, name }: Project): string | undefined {
    const { PULUMI_HOME = join(homedir(), ".pulumi"), PULUMI_BACKEND_URL = "" } = process.env;
    const hash = createHash("sha1").update(join(directory, "Pulumi.yaml")).digest("hex");
    try {
        const record = readFileSync(
            join(PULUMI_HOME, "workspaces", `${name}-${hash}-workspace.json`),
            "utf8",
        );
        const { stacks = {} } = JSON.parse(record) as { stacks?: Record<string, string> };
        // `organization/<project>/<stack>`
        return PULUMI_BACKEND_URL.startsWith("file:")
            ? stacks[PULUMI_BACKEND_URL]?.split("/").at(-1)
            : undefined;
    } catch {
        return undefined;
    }
}

/** What to do if Pulumi cannot read the state. */
export function backendRemedy({ PULUMI_BACKEND_URL: url } = process.env): string {
    return `Check the backend, ${url ?? "which `pulumi whoami -v` shows"}, and your access to it.`;
}

/** @param option see `Stack` */
async function loadDeployment(project: Project, stack: string, option: string): Promise<Deployment> {
    const { directory, name } = project;
    try {
        return await readDeployment(name, stack, { directory, backend: backendUrl(project) });
    } catch (error) {
        if (error instanceof SyntaxError)
            throw new CommandError(
                `The state of the stack ${stack} is empty or truncated: an update was killed`,
                `\`drydock up${option}\` restores it.`,
            );
        if (!findPulumi(directory)) throw new MissingPulumi();
        const reason = messageOf(error);
        if (!reason.includes("no stack named"))
            throw new CommandError(`Pulumi cannot read the stack ${stack}: ${reason}`, backendRemedy());
        throw new UsageError(
            `The project ${name} has no stack ${stack}`,
            `\`drydock pulumi stack ls\` lists the stacks; name one with --stack, or create this one with \`drydock up${option}\`.`,
        );
    }
}

/** The state of a stack, or undefined if the stack does not exist. Creates no directory for the state. */
export async function readExistingDeployment(
    project: Project,
    stack: string,
): Promise<Deployment | undefined> {
    if (!hasBackend(project, stack)) return undefined;
    configureEnvironment(project, stack);
    const backend = backendUrl(project) ?? "";
    const isFiles = backend.startsWith("file://");
    if (isFiles && !hasCheckpoint(stateDirectory(backend), project.name, stack)) return undefined;
    try {
        return await loadDeployment(project, stack, stackOption({ stack }));
    } catch (error) {
        // There is no such stack, or no Pulumi that could have created it here.
        if (error instanceof UsageError || error instanceof MissingPulumi) return undefined;
        throw error;
    }
}

/** Whether a backend is configured, or there is a state beside the program. */
export function hasBackend(project: Project, stack: string): boolean {
    const configured =
        backendUrl(project) ?? configValue(project, stack, BACKEND) ?? process.env.PULUMI_ACCESS_TOKEN;
    return configured !== undefined || hasStateBeside(localDirectory(project.directory));
}

/** Setting of a stack with the URL of the backend that has its state. */
export const BACKEND = "drydock:backend";

/** Variables that this process has set rather than the user. Another stack may need other values. */
const defaults = new Map<"PULUMI_BACKEND_URL" | "PULUMI_CONFIG_PASSPHRASE", string>();

/**
 * Sets the environment variables that Pulumi needs in this process and its children, unless the user has set them. The state
 * is in the backend that the stack's configuration names, in that of Pulumi.yaml, or in `.drydock/state` beside the program.
 *
 * @param stack undefined if it is not known yet, or for all stacks
 */
export function configureEnvironment(project: Project, stack?: string): void {
    const { env } = process;
    for (const [name, value] of defaults) if (env[name] === value) Reflect.deleteProperty(env, name);
    defaults.clear();
    const set = (name: "PULUMI_BACKEND_URL" | "PULUMI_CONFIG_PASSPHRASE", value: string) => {
        env[name] = value;
        defaults.set(name, value);
    };
    const local = localDirectory(project.directory);
    useToolchain(join(local, "toolchain"));
    findPulumi(project.directory);
    const state = `file://${join(local, "state")}?metadata=skip`;
    const backend = stack === undefined ? undefined : configValue(project, stack, BACKEND);
    if (!env.PULUMI_BACKEND_URL && typeof backend === "string" && backend !== "")
        set("PULUMI_BACKEND_URL", backend);
    else if (!env.PULUMI_BACKEND_URL && project.file.backend?.url === undefined) {
        if (hasStateBeside(local) || !isLoggedIn()) {
            mkdirSync(join(local, "state"), { recursive: true });
            // No metadata files: Pulumi does not write them atomically, and an empty one makes the state unreadable.
            set("PULUMI_BACKEND_URL", state);
        }
    }
    // ./env of a clone sets the variable, but the directory may not exist yet.
    if (env.PULUMI_BACKEND_URL === state) mkdirSync(join(local, "state"), { recursive: true });
    const hasPassphrase =
        env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
    if (env.PULUMI_BACKEND_URL === state && !hasPassphrase) set("PULUMI_CONFIG_PASSPHRASE", LOCAL_PASSPHRASE);
    // If the settings file of a stack is missing, use the salt in its state.
    env.PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER ??= "true";
    env.PULUMI_SKIP_UPDATE_CHECK ??= "true";
}

/**
 * Whether a `.drydock` has the state. Its other files, such as the summary of `drydock pr`, do not tell where the state is:
 * with the wrong backend, `up` would find no stack, and create everything again.
 */
function hasStateBeside(local: string): boolean {
    return existsSync(join(local, "state"));
}

/** Name of the local cluster's directory in `.drydock`. */
export const CLUSTER = "swarm";

/** The nearest `.drydock` in the project's directory or its parents, within the repository; else that of the project. */
export function localDirectory(directory: string): string {
    for (const ancestor of ancestors(directory)) {
        if (existsSync(join(ancestor, ".drydock"))) return join(ancestor, ".drydock");
        if (existsSync(join(ancestor, ".git"))) break;
    }
    return join(directory, ".drydock");
}

/** Uses the Pulumi of a toolchain for this project from now on. */
export function recordToolchain({ directory }: Project, content: string): void {
    const file = join(localDirectory(directory), "toolchain");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    useToolchain(file);
}

/** Uses the Pulumi that `make setup` has recorded in this file, if there is one. */
function useToolchain(record: string): void {
    if (!existsSync(record)) return;
    const values = Object.fromEntries(
        readFileSync(record, "utf8")
            .split("\n")
            .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
    const { env } = process;
    if (values.home) env.PULUMI_HOME = values.home;
    // First: `npx` puts node_modules/.bin into the PATH, where there may be another `pulumi`.
    if (values.bin) env.PATH = [values.bin, env.PATH ?? ""].join(delimiter);
    // All plugins are installed there. Report a missing one instead of downloading it.
    env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION ??= "true";
}

/** Whether `pulumi login` has selected a backend on this machine. */
function isLoggedIn(): boolean {
    return Boolean(process.env.PULUMI_ACCESS_TOKEN) || Boolean(loggedInBackend());
}

function loggedInBackend(): string | undefined {
    const { PULUMI_HOME = join(homedir(), ".pulumi") } = process.env;
    try {
        const credentials = readFileSync(join(PULUMI_HOME, "credentials.json"), "utf8");
        return (JSON.parse(credentials) as { current?: string }).current;
    } catch {
        return undefined;
    }
}

/** URL of the backend with the state. Call `configureEnvironment` first. Undefined for Pulumi Cloud with an access token. */
export function backendUrl({ file }: Project): string | undefined {
    const { PULUMI_BACKEND_URL: url = "" } = process.env;
    // Pulumi ignores an empty variable.
    return url === "" ? (file.backend?.url ?? loggedInBackend()) : url;
}

/** File with the configuration of a stack. */
export function configFile({ project: { directory, file }, name }: Pick<Stack, "project" | "name">): string {
    return join(directory, file.stackConfigDir ?? "", `Pulumi.${name}.yaml`);
}

/** The configuration of a stack, and the salt of its secrets. */
export interface StackFile {
    config?: Record<string, unknown> | null;
    encryptionsalt?: string;
}

/** Reads the file with the configuration of a stack, which need not exist. */
export function readStackFile(stack: Pick<Stack, "project" | "name">): StackFile {
    const path = configFile(stack);
    return existsSync(path) ? readYaml(path) : {};
}

/** The key of a config value, with the namespace that it has in the stack's file. */
export function fullKey({ name }: Project, key: string): string {
    return key.includes(":") ? key : `${name}:${key}`;
}

/** The value of the stack, or the default of the project: a plain value, or an object with one. */
export function configValue(project: Project, stack: string, key: string): unknown {
    const { file } = project;
    const { config } = readStackFile({ project, name: stack });
    const full = fullKey(project, key);
    const declared = file.config?.[full] ?? file.config?.[key];
    const isObject = typeof declared === "object" && declared !== null;
    const { default: initial, value } = (isObject ? declared : { value: declared }) as Record<
        string,
        unknown
    >;
    return config?.[full] ?? value ?? initial;
}

function readYaml(path: string): object {
    try {
        const content = parse(readFileSync(path, "utf8")) as unknown;
        return typeof content === "object" && content !== null ? content : {};
    } catch (error) {
        throw new CommandError(
            `${path} cannot be read: ${messageOf(error)}`,
            "Correct the file, and try again.",
        );
    }
}

/** The line of a command's standard error with the reason, or the message of any other error. */
export function messageOf(error: unknown): string {
    const { message = String(error), stderr } = error as { message?: string; stderr?: unknown };
    const printed = typeof stderr === "string" && stderr.trim() !== "" ? stderr : stderrIn(message);
    const lines = (printed.trim() === "" ? message : printed).trim().split("\n");
    const reason = lines.find((line) => line.includes("error:")) ?? lines[0] ?? "";
    // Dockerode puts the HTTP code in front of Docker's message.
    return reason
        .replace(/^.*error: /, "")
        .replace(/^\(HTTP code \d+\) .*? - /, "")
        .trim();
}

/** The standard error in a message of the Automation API. */
function stderrIn(message: string): string {
    return /^\s*stderr: ([\s\S]*?)(?:^\s*err\?: |(?![\s\S]))/m.exec(message)?.[1] ?? "";
}
