/** Removes a stack. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { CommandError, ExitCode, UsageError } from "../exit-codes.ts";
import { colorsFor } from "../output.ts";
import { configFile, type Stack } from "../project.ts";
import { disown } from "../repair/owner.ts";
import { pulumi, repair } from "../repair/repair.ts";
import { type Resource, stateDirectory } from "../state.ts";
import { askForText, askToConfirm, isInteractive } from "../ask.ts";
import { type DataLocation, formatData, readData, urnsWithoutData } from "./data.ts";
import { runOperation } from "./run.ts";
import { isDevelopment, openForUpdate, stackExists, type UpdateOptions } from "./stack.ts";
import { COMMAND, SERVICE } from "../resource-types.ts";

export interface DownOptions extends UpdateOptions {
    keepData?: boolean;
    /** Name of the stack, which confirms the removal without a question. */
    confirm?: string;
}

export async function takeDown(options: DownOptions): Promise<void> {
    const stack = await openForUpdate(options);
    const { name } = stack;
    if (options.confirm !== undefined && options.confirm !== name)
        throw new UsageError(
            `--confirm names ${options.confirm}, but the stack is ${name}`,
            `Pass --confirm ${name}, or --stack ${options.confirm}.`,
        );
    if (!(await stackExists(stack, options))) {
        process.stdout.write(`There is no stack ${name}: nothing to remove.\n`);
        return;
    }
    const { wait = false, removeOrphans = false, keepData = false } = options;
    const { resources: present = [] } = await stack.deployment();
    refuseProtected(stack, present, keepData);
    if (!(await confirmRemoval(stack, await readData(stack, present), options))) return;
    await repair({ stack, verb: "down", wait, removeOrphans });
    const { resources = [] } = await stack.deployment();
    /** Undefined to remove everything. */
    const removed = keepData ? urnsWithoutData(resources) : undefined;
    // The provider fails to delete a service that was removed from the Swarm by hand. A refresh notices its absence.
    const refresh = resources.some(({ type }) => type === SERVICE) ? ["--refresh"] : [];
    const targets = removed?.flatMap((urn) => ["--target", urn]) ?? [];
    const hasSomethingToRemove = removed === undefined || removed.length > 0;
    if (hasSomethingToRemove)
        await runOperation({ title: "The removal", stack: name, wait }, ["destroy", ...refresh, ...targets]);
    if (keepData) {
        process.stdout.write(
            `\nThe stack ${name} is down. Its data and passwords are kept: \`drydock up${stack.option}\` brings it back with them.\n`,
        );
        return;
    }
    removeStack(stack);
    process.stdout.write(`\nThe stack ${name} is removed.\n`);
}

/** Pulumi refuses a protected resource only after it has deleted others. */
function refuseProtected({ option }: Stack, resources: Resource[], keepData: boolean): void {
    const names = protectedResources(resources, keepData);
    if (names.length === 0) return;
    throw new CommandError(
        `Nothing was removed, because these resources are protected: ${names.join(", ")}`,
        `${keepData ? "" : `Keep the data with \`drydock down${option} --keep-data\`. `}To remove everything, turn off the protection (\`protectData\`, or Pulumi's option \`protect\`) and run \`drydock up${option}\` first.`,
        ExitCode.DataAtRisk,
    );
}

/**
 * Names of the protected resources that a removal would delete. Leaves out Commands, such as `db-data-removal`, if there are
 * others: they only belong to what is protected.
 */
export function protectedResources(resources: Resource[], keepData: boolean): string[] {
    const removed = new Set(keepData ? urnsWithoutData(resources) : resources.map(({ urn }) => urn));
    const found = resources.filter(({ urn, protect = false }) => protect && removed.has(urn));
    const named = found.filter(({ type }) => type !== COMMAND);
    return (named.length > 0 ? named : found).map(({ urn = "" }) => urn.split("::").at(-1) ?? "");
}

/** Lists the data, and asks whether to remove the stack. */
async function confirmRemoval(stack: Stack, data: DataLocation[], options: DownOptions): Promise<boolean> {
    const { yes = false, keepData = false, confirm } = options;
    const { name } = stack;
    if (data.length > 0) process.stderr.write(`${formatData(data, keepData, colorsFor(process.stderr))}\n\n`);
    if (confirm !== undefined) return true;
    const deletes = !keepData && data.some(({ deleted }) => deleted);
    if (!deletes && (yes || isDevelopment(stack))) return true;
    if (!isInteractive())
        throw deletes
            ? new CommandError(
                  `Removing ${name} deletes data. It needs a confirmation, but this is not an interactive terminal`,
                  `Pass --confirm ${name}, or keep the data with --keep-data.`,
                  ExitCode.DataAtRisk,
              )
            : new UsageError(
                  `Removing ${name} needs a confirmation, but this is not an interactive terminal`,
                  "Pass --yes.",
              );
    const agrees = deletes
        ? (await askForText(`This deletes data. Type the name of the stack, ${name}, to confirm:`)) === name
        : await askToConfirm(`Remove ${name}?`);
    if (!agrees) process.stderr.write("Nothing was changed.\n");
    return agrees;
}

function removeStack(stack: Stack): void {
    const { name, project } = stack;
    const file = configFile(stack);
    pulumi(name, "stack", "rm", "--yes", "--preserve-config");
    const state = stateDirectory(process.env.PULUMI_BACKEND_URL ?? "");
    if (state) disown(project.name, name, state);
    if (existsSync(file) && isGenerated(readFileSync(file, "utf8"), project.name) && !isTracked(file))
        rmSync(file);
}

/** Whether `drydock up` or Pulumi wrote all of a stack's configuration. */
export function isGenerated(config: string, project: string): boolean {
    const lines = ["config:", `  ${project}:port: "0"`, `  ${project}:port: 0`];
    return config
        .trim()
        .split("\n")
        .every((line) => line.startsWith("encryptionsalt: ") || lines.includes(line.trimEnd()));
}

function isTracked(file: string): boolean {
    return spawnSync("git", ["ls-files", "--error-unmatch", file], { stdio: "ignore" }).status === 0;
}
