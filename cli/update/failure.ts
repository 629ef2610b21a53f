/** Explains a failed update. */
import { addressAdvice, networksLeft } from "../repair/address-pools.ts";
import { enginesIn, isLocal } from "../docker-environment.ts";
import { failedContainers } from "../repair/failed-containers.ts";
import { readDeployment, type Resource } from "../state.ts";

/** Prints why containers of the stack do not run. */
export async function explainFailure(project: string, stack: string): Promise<void> {
    for (const env of enginesIn(await readResources(project, stack))) {
        try {
            for (const failed of failedContainers(env, project, stack)) console.error(`\n✗ ${failed}`);
        } catch {
            continue; // No Docker Engine answers: the update has reported that.
        }
        const left = networksLeft(env, isLocal(env));
        if (left === 0) console.error(`\n→ ${addressAdvice(left)}`);
    }
}

/** Empty if the state cannot be read: the update has reported why. */
async function readResources(project: string, stack: string): Promise<Resource[]> {
    try {
        return (await readDeployment(project, stack)).resources ?? [];
    } catch {
        return [];
    }
}
