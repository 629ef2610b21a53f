/**
 * Says what runs, where, and what to do next: `node scripts/summary.ts <stack>`. Fails if not all runs that the state
 * has: an update without a change does not look at it.
 */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { faultsOf, lookAt, type Recorded } from "./drift.ts";
import { enginesIn } from "./engines.ts";
import { failedContainers } from "./failed-containers.ts";

/** Seconds that what is starting has to become healthy. */
const PATIENCE = 60;

const [stack = ""] = process.argv.slice(2);
const { EXAMPLE } = process.env;
const resources = exported();
void main();

async function main(): Promise<void> {
    const faults = await settledFaults();
    if (faults.length > 0) {
        const sentences = faults.map((sentence) => `  ${sentence}`).join("\n");
        console.error(
            `\n✗ Not all of ${stack} runs:\n${sentences}\n  \`docker logs <container>\` tells why.`,
        );
        const [, project = ""] = resources[0]?.urn?.split("::") ?? [];
        for (const env of enginesIn(resources))
            for (const failed of failedContainers(env, project, stack)) console.error(`\n✗ ${failed}`);
        process.exit(1);
    }
    const outputs = masked(
        resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {},
    ) as Record<string, unknown>;

    const which = stack === "dev" ? "" : ` STACK=${stack}`;
    const commands = EXAMPLE
        ? { "take it all down": `make down-example NAME=${EXAMPLE}` }
        : { "what a change would do": `make preview${which}`, "take it all down": `make down${which}` };
    const folder = EXAMPLE ? `--cwd examples/${EXAMPLE} ` : "";
    const reveal = `. ./env && pulumi ${folder}stack output --show-secrets --stack ${stack}`;
    const isSecret = JSON.stringify(outputs).includes('"[secret]"');
    const next = { ...commands, ...(isSecret && { "show secrets": reveal }) };

    console.log(`\n${EXAMPLE ? `The example ${EXAMPLE}` : `The stack ${stack}`} is up.\n`);
    list(outputs);
    console.log("");
    list(next);
    console.log("");
}

function list(entries: Record<string, unknown>): void {
    const width = Math.max(12, ...Object.keys(entries).map(({ length }) => length));
    for (const [name, value] of Object.entries(entries)) {
        console.log(`  ${name.padEnd(width)}  ${typeof value === "string" ? value : JSON.stringify(value)}`);
    }
}

function exported(): Recorded[] {
    const text = execFileSync("pulumi", ["stack", "export", "--stack", stack], {
        encoding: "utf8",
        maxBuffer: 1024 ** 3,
    });
    return (JSON.parse(text) as { deployment: { resources?: Recorded[] } }).deployment.resources ?? [];
}

async function settledFaults(): Promise<string[]> {
    const engines = enginesIn(resources);
    const deadline = Date.now() + PATIENCE * 1000;
    for (;;) {
        const faults = faultsOf(resources, await lookAt(engines, resources));
        if (Date.now() > deadline || !faults.some(({ starting }) => starting))
            return faults.map(({ sentence }) => sentence);
        await sleep(1000);
    }
}

/** The outputs without what is secret in them, which the state marks so. */
function masked(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(masked);
    if ("4dabf18193072939515e22adb298388d" in value) return "[secret]";
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, masked(each)]));
}
