/**
 * Makes a stack's state readable again: `node scripts/restore-state.ts <project> <stack>`. Does nothing for a backend
 * that is not a directory: others write each object whole.
 */
import { repairState, stateDirectory } from "../cli/repair/state.ts";

const [project = "", stack = ""] = process.argv.slice(2);
const directory = stateDirectory(process.env.PULUMI_BACKEND_URL ?? "");
try {
    const repairs = directory === undefined ? [] : repairState(directory, project, stack);
    for (const sentence of repairs) console.log(`→ ${sentence}`);
} catch (error) {
    console.error(`\n✗ ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
}
