/**
 * Remembers, for all clones of this machine, which state has a stack on a Docker Engine: another clone's stack of the
 * same name would take its containers for orphans, and its volumes for its own.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const { XDG_CACHE_HOME = "" } = process.env;
const RECORDS = join(XDG_CACHE_HOME === "" ? join(homedir(), ".cache") : XDG_CACHE_HOME, "drydock/stacks");

/**
 * Takes the stack for a state, which is undefined where it is not a folder of this machine.
 *
 * @param engines their IDs
 * @returns the state that has the stack already, if another does: nothing is taken then
 */
export function claim(
    project: string,
    stack: string,
    state: string | undefined,
    engines: string[],
): string | undefined {
    const records = engines.map((engine) => join(RECORDS, project, stack, engine));
    const owners = records.map(ownerIn).filter((owner) => owner !== undefined);
    const other = owners.find((owner) => owner !== state && hasStack(owner, project, stack));
    if (other === undefined && state !== undefined) for (const record of records) remember(record, state);
    return other;
}

/** Of a clone that was removed, or has taken the stack down, only the record may be left. */
function hasStack(state: string, project: string, stack: string): boolean {
    return existsSync(join(state, ".pulumi/stacks", project, `${stack}.json`));
}

function ownerIn(record: string): string | undefined {
    try {
        return readFileSync(record, "utf8").trim();
    } catch {
        return undefined;
    }
}

function remember(record: string, state: string): void {
    try {
        mkdirSync(dirname(record), { recursive: true });
        writeFileSync(record, `${state}\n`);
    } catch {
        // A cache that cannot be written to keeps nobody from working.
    }
}
