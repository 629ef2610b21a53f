/**
 * Prints what runs, where, and what to do next: `node scripts/summary.ts <project> <stack>`. Fails if something in the
 * state does not run: an update without a change does not check that. DATABASES_BEFORE is the file that repair.ts wrote.
 */
import { readFileSync } from "node:fs";
import { type Database, unusedDatabases } from "../cli/repair/databases.ts";
import { readDeployment } from "../cli/repair/state.ts";
import { faultsAfterStart, formatList, printFaults, stackOutputs } from "../cli/update/summary.ts";

const [project = "", stack = ""] = process.argv.slice(2);
const { DATABASES_BEFORE, EXAMPLE } = process.env;
const { resources = [] } = readDeployment(project, stack);
void main();

async function main(): Promise<void> {
    const faults = await faultsAfterStart(resources);
    if (faults.length > 0) {
        printFaults(project, stack, faults, resources);
        process.exit(1);
    }
    const outputs = stackOutputs(resources);

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
    console.log(formatList(outputs));
    console.log(`\n${formatList(next)}\n`);
    for (const sentence of unusedDatabases(databasesBefore(), resources)) console.log(`  ${sentence}\n`);
}

function databasesBefore(): Database[] {
    const recorded = DATABASES_BEFORE ? readFileSync(DATABASES_BEFORE, "utf8") : "";
    return recorded === "" ? [] : (JSON.parse(recorded) as Database[]);
}
