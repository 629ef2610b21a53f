/**
 * Prints what runs, where, and what to do next: `node scripts/summary.ts <project> <stack>`. Fails if something in the
 * state does not run: an update without a change does not check that. DATABASES_BEFORE is the file that repair.ts wrote.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { unusedDatabases } from "../cli/repair/databases.ts";
import { faultsOf, readEngines } from "../cli/repair/drift.ts";
import { enginesIn } from "../cli/repair/engines.ts";
import { failedContainers } from "../cli/repair/failed-containers.ts";
import { readDeployment } from "../cli/repair/state.ts";

/** In seconds: how long to wait for containers that are starting. */
const START_TIMEOUT = 60;

const [project = "", stack = ""] = process.argv.slice(2);
const { DATABASES_BEFORE, EXAMPLE } = process.env;
const { resources = [] } = readDeployment(project, stack);
void main();

async function main(): Promise<void> {
    const faults = await faultsAfterStart();
    if (faults.length > 0) {
        const sentences = faults.map((sentence) => `  ${sentence}`).join("\n");
        console.error(
            `\n✗ Parts of ${stack} are not running:\n${sentences}\n  See \`docker logs <container>\`.`,
        );
        for (const env of enginesIn(resources))
            for (const failed of failedContainers(env, project, stack)) console.error(`\n✗ ${failed}`);
        process.exit(1);
    }
    const outputs = masked(
        resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {},
    ) as Record<string, unknown>;

    const stackArgument = stack === "dev" ? "" : ` STACK=${stack}`;
    const commands = EXAMPLE
        ? { "remove everything": `make down-example NAME=${EXAMPLE}` }
        : {
              "preview a change": `make preview${stackArgument}`,
              "remove everything": `make down${stackArgument}`,
          };
    const directory = EXAMPLE ? `--cwd examples/${EXAMPLE} ` : "";
    const reveal = `. ./env && pulumi ${directory}stack output --show-secrets --stack ${stack}`;
    const isSecret = JSON.stringify(outputs).includes('"[secret]"');
    const next = { ...commands, ...(isSecret && { "show secrets": reveal }) };

    console.log(`\n${EXAMPLE ? `The example ${EXAMPLE}` : `The stack ${stack}`} is up.\n`);
    list(outputs);
    console.log("");
    list(next);
    console.log("");
    for (const sentence of DATABASES_BEFORE ? unusedDatabases(DATABASES_BEFORE, resources) : [])
        console.log(`  ${sentence}\n`);
}

function list(entries: Record<string, unknown>): void {
    const width = Math.max(12, ...Object.keys(entries).map(({ length }) => length));
    for (const [name, value] of Object.entries(entries)) {
        console.log(`  ${name.padEnd(width)}  ${typeof value === "string" ? value : JSON.stringify(value)}`);
    }
}

async function faultsAfterStart(): Promise<string[]> {
    const engines = enginesIn(resources);
    const deadline = Date.now() + START_TIMEOUT * 1000;
    for (;;) {
        const faults = faultsOf(resources, await readEngines(engines, resources));
        if (Date.now() > deadline || !faults.some(({ starting }) => starting))
            return faults.map(({ sentence }) => sentence);
        await sleep(1000);
    }
}

/** The outputs, with secrets replaced: the state marks them by this key. */
function masked(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(masked);
    if ("4dabf18193072939515e22adb298388d" in value) return "[secret]";
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, masked(each)]));
}
