/** Explains a failed update: `node scripts/failure.ts <project> <stack>`. */
import { addressAdvice, networksLeft } from "../cli/repair/address-pools.ts";
import { enginesIn, isLocal } from "../cli/repair/engines.ts";
import { failedContainers } from "../cli/repair/failed-containers.ts";
import { readDeployment, type Resource } from "../cli/repair/state.ts";

const [project = "", stack = ""] = process.argv.slice(2);

for (const env of enginesIn(readResources())) {
    try {
        for (const failed of failedContainers(env, project, stack)) console.error(`\n✗ ${failed}`);
    } catch {
        continue; // No Docker Engine answers: the update has reported that.
    }
    const left = networksLeft(env, isLocal(env));
    if (left === 0) console.error(`\n→ ${addressAdvice(left)}`);
}

/** Empty if the state cannot be read: the update has reported why. */
function readResources(): Resource[] {
    try {
        return readDeployment(project, stack).resources ?? [];
    } catch {
        return [];
    }
}
