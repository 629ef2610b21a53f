/**
 * Repairs what a killed update left behind: `node scripts/repair.ts <project> <stack> <up|down>`.
 *
 * DATABASES_BEFORE is a file that it writes for summary.ts.
 */
import { writeFileSync } from "node:fs";
import { databasesIn } from "../cli/repair/databases.ts";
import { stderrOf } from "../cli/repair/engines.ts";
import { repair } from "../cli/repair/repair.ts";

const [project = "", stack = "", verb = ""] = process.argv.slice(2);
const { DATABASES_BEFORE, EXAMPLE, ORPHANS } = process.env;

const make = (target: string) => `make ${target}${EXAMPLE ? `-example NAME=${EXAMPLE}` : ""}`;
const stackArgument = stack === "dev" ? "" : ` STACK=${stack}`;

try {
    const { resources = [] } = await repair({
        project,
        stack,
        verb: verb === "down" ? "down" : "up",
        wait: false,
        removeOrphans: ORPHANS === "remove",
        commands: {
            up: `${make("up")}${stackArgument}`,
            down: `${make("down")}${stackArgument}`,
            upUnderOtherName: `${make("up")} STACK=...`,
            removeOrphans: `${make(verb)}${stackArgument} ORPHANS=remove`,
        },
    });
    if (DATABASES_BEFORE) writeFileSync(DATABASES_BEFORE, JSON.stringify(databasesIn(resources)));
} catch (error) {
    const { message, remedy = "" } = error as { message: string; remedy?: string };
    console.error(`\n✗ ${[stderrOf(error) || message, remedy].filter(Boolean).join("\n  ")}`);
    process.exit(1);
}
