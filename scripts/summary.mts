/** Says what runs, where, and what to do next: `node scripts/summary.mts <stack>`. */
import { execFileSync } from "node:child_process";

const [stack = ""] = process.argv.slice(2);
const { EXAMPLE } = process.env;
const outputs = JSON.parse(
    execFileSync("pulumi", ["stack", "output", "--json", "--stack", stack], { encoding: "utf8" }),
) as Record<string, unknown>;

const which = stack === "dev" ? "" : ` STACK=${stack}`;
const commands = EXAMPLE
    ? { "take it all down": `make down-example NAME=${EXAMPLE}` }
    : { "what a change would do": `make preview${which}`, "take it all down": `make down${which}` };
const folder = EXAMPLE ? `--cwd examples/${EXAMPLE} ` : "";
const reveal = `. ./env && pulumi ${folder}stack output --show-secrets --stack ${stack}`;
const isSecret = JSON.stringify(outputs).includes('"[secret]"');
const next = { ...commands, ...(isSecret && { "show secrets": reveal }) };

console.log(`\n${EXAMPLE ? `The example ${EXAMPLE}` : `The stack ${stack}`} is up.\n`);
list(outputs);
console.log("");
list(next);
console.log("");

function list(entries: Record<string, unknown>): void {
    const width = Math.max(12, ...Object.keys(entries).map(({ length }) => length));
    for (const [name, value] of Object.entries(entries)) {
        console.log(`  ${name.padEnd(width)}  ${typeof value === "string" ? value : JSON.stringify(value)}`);
    }
}
