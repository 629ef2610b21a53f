/** Says what to do after an update that failed: `node scripts/failure.ts <stack>`. */
import { spawnSync } from "node:child_process";
import { addressAdvice, networksLeft } from "./address-pools.ts";
import { enginesIn, isLocal } from "./engines.ts";
import type { Recorded } from "./drift.ts";
import { failedContainers } from "./failed-containers.ts";

const [stack = ""] = process.argv.slice(2);
const resources = recorded();

/** `urn:pulumi:<stack>::<project>::...`. */
const [, project = ""] = resources[0]?.urn?.split("::") ?? [];

for (const env of enginesIn(resources)) {
    try {
        for (const failed of failedContainers(env, project, stack)) console.error(`\n✗ ${failed}`);
    } catch {
        continue; // No Docker Engine answers: the update has told that, too.
    }
    const left = networksLeft(env, isLocal(env));
    if (left === 0) console.error(`\n→ ${addressAdvice(left)}`);
}

/** Nothing where the state cannot be read: the update has told why. */
function recorded(): Recorded[] {
    const options = { encoding: "utf8", maxBuffer: 1024 ** 3 } as const;
    const { status, stdout } = spawnSync("pulumi", ["stack", "export", "--stack", stack], options);
    if (status !== 0) return [];
    return (JSON.parse(stdout) as { deployment: { resources?: Recorded[] } }).deployment.resources ?? [];
}
