/** Prepares a stack for an update: its packages, its state and its selection. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { CommandError } from "../exit-codes.ts";
import { progress } from "../output.ts";
import { isThrowaway } from "../../components/shared/throwaway-stack.ts";
import {
    backendRemedy,
    backendUrl,
    configFile,
    DEFAULT_STACK,
    installCommand,
    messageOf,
    openProject,
    openStack,
    openWorkspace,
    type Project,
    type Stack,
} from "../project.ts";
import { providePulumi } from "../setup/pulumi.ts";
import { repairState } from "../repair/state-files.ts";
import { hasCheckpoint, stateDirectory } from "../state.ts";
import { sharesConnections, sharingOptions } from "../ssh.ts";

export interface UpdateOptions {
    stack?: string;
    /** Whether to skip questions. */
    yes?: boolean;
    /** Whether to wait for an update in progress. */
    wait?: boolean;
    /** Whether to remove what a killed update may have left behind, with a remote backend too. */
    removeOrphans?: boolean;
}

/** Provides Pulumi, opens the stack, repairs its state, and changes to the directory of its project. */
export async function openForUpdate({ stack: name }: UpdateOptions): Promise<Stack> {
    await providePulumi(openProject());
    const stack = await openStack({ stack: name });
    process.chdir(stack.project.directory);
    useFileBackend(stack.project);
    shareConnections(stack);
    const directory = stateDirectory(process.env.PULUMI_BACKEND_URL ?? "");
    if (directory === undefined) return stack;
    for (const sentence of repairState(directory, stack.project.name, stack.name)) progress(sentence);
    return stack;
}

/** Makes the Docker provider share the ssh connection of this command: it takes ssh options from the environment. */
function shareConnections({ config }: Stack): void {
    const { env } = process;
    const host = config("docker:host");
    const address = typeof host === "string" ? host : (env.DOCKER_HOST ?? "");
    if (address.startsWith("ssh://") && !env.DOCKER_SSH_OPTS && !sharesConnections(address))
        env.DOCKER_SSH_OPTS = sharingOptions().join(" ");
}

/** Puts a file backend of Pulumi.yaml or of `pulumi login` into the environment, where the repair looks for it. */
function useFileBackend(project: Project): void {
    const url = backendUrl(project) ?? "";
    if (url.startsWith("file://")) process.env.PULUMI_BACKEND_URL = url;
}

/** Whether the stack exists. Keeps the user's selection, unless this is the stack to use from now on. */
export async function stackExists({ project, name }: Stack, options: UpdateOptions): Promise<boolean> {
    // Asking Pulumi takes a second.
    if (hasCheckpoint(stateDirectory(process.env.PULUMI_BACKEND_URL ?? ""), project.name, name)) return true;
    const { Stack, StackNotFoundError } = await import("@pulumi/pulumi/automation/index.js");
    try {
        const workspace = await openWorkspace(project);
        await keepSelection(workspace, options, () => Stack.select(name, workspace));
        return true;
    } catch (error) {
        if (error instanceof StackNotFoundError) return false;
        if (error instanceof CommandError) throw error;
        throw new CommandError(`Pulumi cannot read the stack ${name}: ${messageOf(error)}`, backendRemedy());
    }
}

/** Creates the stack on its first use. */
export async function ensureStack(stack: Stack, options: UpdateOptions): Promise<void> {
    if (await stackExists(stack, options)) return;
    const { project, name } = stack;
    progress(`Creating the stack ${name}`);
    const config = configFile(stack);
    // The stack runs beside others, so generate its port, unless it is configured. Write this before the stack exists, so
    // that an interruption leaves no stack without it.
    if (name !== DEFAULT_STACK && !existsSync(config) && declaresPort(project)) {
        mkdirSync(dirname(config), { recursive: true });
        writeFileSync(config, `config:\n  ${project.name}:port: "0"\n`);
    }
    const { Stack } = await import("@pulumi/pulumi/automation/index.js");
    const workspace = await openWorkspace(project);
    await keepSelection(workspace, options, () => Stack.create(name, workspace));
}

/**
 * Runs a step that selects the stack. If the user has named the stack with --stack, restores the selection afterwards, so that
 * a command without --stack works on the same stack as before.
 */
async function keepSelection(
    workspace: LocalWorkspace,
    { stack: named }: UpdateOptions,
    select: () => Promise<unknown>,
): Promise<void> {
    const selected = named === undefined ? undefined : await workspace.stack();
    await select();
    if (selected) await workspace.selectStack(selected.name);
    else if (named !== undefined && named !== DEFAULT_STACK)
        spawnSync("pulumi", ["stack", "unselect"], { cwd: workspace.workDir });
}

function declaresPort({ name, file: { config = {} } }: Project): boolean {
    return "port" in config || `${name}:port` in config;
}

/** Whether an update may go ahead without asking: on `dev`, on throwaway stacks, and where `drydock:development` is set. */
export function isDevelopment({ name, config }: Pick<Stack, "name" | "config">): boolean {
    return name === DEFAULT_STACK || isThrowaway(name) || String(config("drydock:development")) === "true";
}

/** Installs the packages of the program, unless it has been done before. */
export function installPackages(project: Project): void {
    const { directory } = project;
    const isMissing =
        existsSync(join(directory, "package.json")) &&
        !existsSync(join(directory, "node_modules")) &&
        !hasModulesAbove(directory);
    if (!isMissing) return;
    progress(`Installing the packages of ${relative(process.cwd(), directory) || "the program"}`);
    const [program = "", ...args] = installCommand(project).split(" ");
    const { error, status, stderr } = spawnSync(program, args, { cwd: directory, encoding: "utf8" });
    if (status !== 0)
        throw new CommandError(
            `The packages of the program cannot be installed: ${messageOf(error ?? new Error(stderr))}`,
            `Run \`npm install\` in ${directory}.`,
        );
}

/** In an npm workspace, packages are in the directory of the whole repository. */
function hasModulesAbove(directory: string): boolean {
    const lockFiles = ["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"];
    const parents = ["..", "../.."].map((up) => join(directory, up));
    return parents.some(
        (parent) =>
            existsSync(join(parent, "node_modules")) &&
            readPackage(join(parent, "package.json")).workspaces !== undefined &&
            lockFiles.some((file) => existsSync(join(parent, file))),
    );
}

function readPackage(file: string): { workspaces?: unknown } {
    try {
        return JSON.parse(readFileSync(file, "utf8")) as { workspaces?: unknown };
    } catch {
        return {};
    }
}
