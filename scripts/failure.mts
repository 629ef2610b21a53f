/** Says what to do after an update that failed: `node scripts/failure.mts <stack>`. */
import { execFileSync } from "node:child_process";
import { addressAdvice, networksLeft } from "./address-pools.mts";
import { enginesIn, isLocal } from "./engines.mts";
import type { Recorded } from "./drift.mts";
import { failedContainers } from "./failed-containers.mts";

const [stack = ""] = process.argv.slice(2);
const exported = execFileSync("pulumi", ["stack", "export", "--stack", stack], {
    encoding: "utf8",
    maxBuffer: 1024 ** 3,
});
const { resources = [] } = (JSON.parse(exported) as { deployment: { resources?: Recorded[] } }).deployment;

/** `urn:pulumi:<stack>::<project>::...`. */
const [, project = ""] = resources[0]?.urn?.split("::") ?? [];

for (const env of enginesIn(resources)) {
    for (const failed of failedContainers(env, project, stack)) console.error(`\n✗ ${failed}`);
    const left = networksLeft(env, isLocal(env));
    if (left === 0) console.error(`\n→ ${addressAdvice(left)}`);
}
