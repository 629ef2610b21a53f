/**
 * Records, for all clones on this machine, which state owns a stack on a Docker Engine. Otherwise, another clone's stack of
 * the same name would take the containers for orphans, and would adopt the volumes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDirectory } from "../setup/path.ts";

const recordsOf = (project: string, stack: string) => join(cacheDirectory(), "stacks", project, stack);

/**
 * Records the owner of a stack, unless another state owns it.
 *
 * @param state undefined if it is not a directory of this machine
 * @param engines IDs of Docker Engines
 * @returns the other state that owns the stack, if there is one
 */
export function claim(
    project: string,
    stack: string,
    state: string | undefined,
    engines: string[],
): string | undefined {
    const records = engines.map((engine) => join(recordsOf(project, stack), engine));
    const owners = records.map(ownerIn).filter((owner) => owner !== undefined);
    const other = owners.find((owner) => owner !== state && hasStack(owner, project, stack));
    if (other === undefined && state !== undefined) for (const record of records) remember(record, state);
    return other;
}

/** Lets another clone have a stack of this name. */
export function disown(project: string, stack: string, state: string): void {
    const directory = recordsOf(project, stack);
    try {
        const records = readdirSync(directory).map((engine) => join(directory, engine));
        for (const record of records) if (ownerIn(record) === state) rmSync(record);
        rmdirSync(directory);
    } catch {
        // There is no record, or another clone has one too.
    }
}

/** The record may outlive the clone, or the stack. */
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
        // Without a writable cache there is no record.
    }
}
