/** Makes a machine ready to run stacks. */
import { relative } from "node:path";
import { readScriptBody } from "../../components/shared/scripts.ts";
import { step as showProgress } from "../step.ts";
import { formatFindings } from "../findings.ts";
import { CommandError, UsageError } from "../exit-codes.ts";
import { colorsFor } from "../output.ts";
import { configFile } from "../project.ts";
import { askToConfirm, isInteractive } from "../ask.ts";
import { type Assessment, assess, FIREWALL_NOTE, type Requirements, type Step } from "./assess.ts";
import type { Destination } from "./destination.ts";
import { type Facts, readFacts } from "./facts.ts";
import { endSharedConnection, runScript } from "./remote.ts";
import { stackWithoutHost, writeDockerHost } from "./stack.ts";

export interface SetupOptions extends Requirements {
    /** Stack whose `docker:host` is to be the machine. */
    stack?: string;
    /** Whether to skip the question. */
    yes: boolean;
}

/** Number of lines that are shown of a failed step. */
const SHOWN_LINES = 12;

/** @returns whether the machine is ready */
export async function setUpServer(destination: Destination, options: SetupOptions): Promise<boolean> {
    const { name, address } = destination;
    const stack = options.stack === undefined ? undefined : await stackWithoutHost(options.stack, address);
    const facts = await readFacts(destination, options.ports);
    const before = assess(facts, options);
    printFindings(before);
    const { obstacles, steps } = before;
    const [obstacle] = obstacles.filter(({ status }) => status === "error");
    if (obstacle) throw new CommandError(`${name} cannot be set up: ${obstacle.message}`, obstacle.remedy);
    const sentences = [
        ...steps.map(({ sentence }) => sentence),
        ...(stack ? [`Set docker:host of the stack ${stack.name} to ${address}`] : []),
    ];
    if (sentences.length === 0) print("Nothing to do.");
    else {
        print(`On ${name}, setup will:\n${formatSteps(sentences)}`);
        if (!(await confirm(options.yes))) return false;
    }
    for (const step of steps) await carryOut(destination, facts, step);
    if (stack) {
        writeDockerHost(stack, address);
        print(`Wrote docker:host: ${address} into ${relative(process.cwd(), configFile(stack))}`);
    }
    const after = steps.length > 0 ? assess(await readFacts(destination, options.ports), options) : before;
    if (after !== before) printFindings(after);
    if (!isReady(after)) {
        print(`${name} is not ready yet: see ✗ above`);
        return false;
    }
    if (!after.findings.some(({ remedy }) => remedy === FIREWALL_NOTE)) print(FIREWALL_NOTE);
    print(`${name} is ready. ${nextStep(address, options.stack)}`);
    return true;
}

export function isReady({ findings }: Assessment): boolean {
    return findings.every(({ status }) => status !== "error");
}

/** For example `  1. Install Docker Engine`. */
export function formatSteps(sentences: string[]): string {
    return sentences.map((sentence, i) => `  ${i + 1}. ${sentence}`).join("\n");
}

function print(text: string): void {
    process.stdout.write(`${text}\n`);
}

function printFindings({ findings }: Assessment): void {
    print(formatFindings(findings, colorsFor(process.stdout)));
}

function nextStep(address: string, stack?: string): string {
    return stack === undefined
        ? `To run a stack there: \`drydock pulumi config set docker:host ${address} --stack <name>\`.`
        : `\`drydock up --stack ${stack}\` brings the stack up there.`;
}

async function confirm(yes: boolean): Promise<boolean> {
    if (yes) return true;
    if (!isInteractive())
        throw new UsageError(
            "setup needs a confirmation, but this is not an interactive terminal",
            "Pass --yes.",
        );
    if (await askToConfirm("Go ahead?")) return true;
    process.stderr.write("Nothing was changed.\n");
    return false;
}

async function carryOut(
    destination: Destination,
    { privileges }: Facts,
    { name, sentence, variables }: Step,
): Promise<void> {
    const script = {
        body: readScriptBody(import.meta.dirname, "setup.sh"),
        args: [name],
        variables,
        withSudo: privileges === "sudo",
    };
    const { code, output } = await showProgress(sentence, (report) => runScript(destination, script, report));
    if (code !== 0)
        throw new CommandError(
            `A step failed on ${destination.name}: ${sentence}\n${lastLines(output)}`,
            `Fix the cause on the machine, and run \`drydock server setup ${destination.name}\` again: it continues with the remaining steps.`,
        );
    for (const [, note = ""] of output.matchAll(/^drydock: (.*)$/gm)) print(note);
    if (name === "add_to_group") endSharedConnection(destination);
}

function lastLines(output: string): string {
    const lines = output.trimEnd().split("\n").slice(-SHOWN_LINES);
    return lines.map((line) => `    ${line}`).join("\n");
}
