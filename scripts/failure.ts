/** Explains a failed update: `node scripts/failure.ts <project> <stack>`. */
import { explainFailure } from "../cli/update/failure.ts";

const [project = "", stack = ""] = process.argv.slice(2);
explainFailure(project, stack);
