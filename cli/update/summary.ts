/** Checks and describes what runs after an update. An update without changes checks nothing itself. */
import { setTimeout as sleep } from "node:timers/promises";
import { SECRET_SIGNATURE } from "../pr/events.ts";
import { faultsOf, readEngines } from "../repair/drift.ts";
import { enginesIn } from "../docker-environment.ts";
import { failedContainers } from "../repair/failed-containers.ts";
import type { Resource } from "../state.ts";

/** How long to wait for containers that are starting, in seconds. */
const START_TIMEOUT = 60;

/** Sentences about what is in the state and does not run, once nothing is starting any more. */
export async function faultsAfterStart(resources: Resource[]): Promise<string[]> {
    const engines = enginesIn(resources);
    const deadline = Date.now() + START_TIMEOUT * 1000;
    for (;;) {
        const faults = faultsOf(resources, await readEngines(engines, resources));
        if (Date.now() > deadline || !faults.some(({ starting }) => starting))
            return faults.map(({ sentence }) => sentence);
        await sleep(1000);
    }
}

/**
 * Prints what does not run, and why.
 *
 * @param option see `Stack`
 */
export function printFaults(
    project: string,
    stack: string,
    faults: string[],
    resources: Resource[],
    option: string,
): void {
    const sentences = faults.map((sentence) => `  ${sentence}`).join("\n");
    console.error(
        `\n✗ Parts of ${stack} are not running:\n${sentences}\n  \`drydock logs${option}\` shows their logs.`,
    );
    for (const env of enginesIn(resources))
        for (const failed of failedContainers(env, project, stack)) console.error(`\n✗ ${failed}`);
}

/** Shown in place of a secret. */
const MASK = "[secret]";

/** The outputs of the stack, with secrets replaced. */
export function stackOutputs(resources: Resource[]): Record<string, unknown> {
    const { outputs = {} } = resources.find(({ type }) => type === "pulumi:pulumi:Stack") ?? {};
    return masked(outputs) as Record<string, unknown>;
}

function masked(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(masked);
    if (SECRET_SIGNATURE in value) return MASK;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, masked(each)]));
}

/** The summary of a stack: its status, its outputs, and what to do next. */
export function formatSummary(
    stack: string,
    {
        status,
        outputs,
        notes,
        option,
    }: { status: string; outputs: Record<string, unknown>; notes: string[]; option: string },
): string {
    const next = {
        "follow its logs": `drydock logs --follow${option}`,
        "preview a change": `drydock preview${option}`,
        "remove everything": `drydock down${option}`,
        ...(JSON.stringify(outputs).includes(MASK) && {
            "show secrets": `drydock pulumi stack output --show-secrets --stack ${stack}`,
        }),
    };
    const parts = [
        `The stack ${stack} is up.`,
        status,
        ...(Object.keys(outputs).length > 0 ? [formatList(outputs)] : []),
        formatList(next),
        ...notes,
    ];
    return `\n${parts.join("\n\n")}\n`;
}

/** Names and values, a line each. */
function formatList(entries: Record<string, unknown>): string {
    const width = Math.max(12, ...Object.keys(entries).map(({ length }) => length));
    return Object.entries(entries)
        .map(
            ([name, value]) =>
                `  ${name.padEnd(width)}  ${typeof value === "string" ? value : JSON.stringify(value)}`,
        )
        .join("\n");
}
