/** Says what runs, where, and what to do next: `node scripts/summary.mts <stack>`. */
import { execFileSync } from "node:child_process";

const [stack = ""] = process.argv.slice(2);
const outputs = JSON.parse(
    execFileSync("pulumi", ["stack", "output", "--json", "--stack", stack], { encoding: "utf8" }),
) as Record<string, unknown>;

console.log(`\nThe stack ${stack} is up.\n`);
for (const [name, value] of Object.entries(outputs)) {
    console.log(`  ${name.padEnd(12)} ${typeof value === "string" ? value : JSON.stringify(value)}`);
}
console.log("\n  make preview  what a change would do\n  make down     takes it all down\n");
