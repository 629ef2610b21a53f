/** Repairs the state files of a Pulumi file backend after a kill or a power failure. */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Repairs what keeps Pulumi from reading the state.
 *
 * @returns a sentence for each repair
 * @throws Error if the state cannot be read and there is no copy of it
 */
export function repairState(directory: string, project: string, stack: string): string[] {
    const root = join(directory, ".pulumi");
    return [...removeBrokenAttributes(root), ...restoreState(root, project, stack)];
}

/**
 * Pulumi writes an attributes file beside each of its files, and not atomically. A kill leaves it empty, and Pulumi then
 * refuses the file itself, which is intact ("failed to load checkpoint: EOF"). Without attributes it reads the file.
 */
function removeBrokenAttributes(root: string): string[] {
    const broken = readdirSync(root, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".attrs"))
        .filter((file) => !isJson(join(root, file)));
    for (const file of broken) rmSync(join(root, file), { force: true });
    return broken.map(
        (file) => `An update was killed. Removing ${file}, which keeps Pulumi from reading the state`,
    );
}

/**
 * A missing state is restored only if a lock is left: without one, the stack was removed. An empty or cut-off state
 * is always restored.
 */
function restoreState(root: string, project: string, stack: string): string[] {
    const state = join(root, "stacks", project, `${stack}.json`);
    // If Pulumi compresses the state, the uncompressed file is an old one.
    if (existsSync(`${state}.gz`)) return [];
    const isMissing = !existsSync(state);
    if (isMissing && !isLocked(root, project, stack)) return [];
    if (!isMissing && isJson(state)) return [];
    const copy = copiesOf(root, project, stack).find(isJson);
    if (copy !== undefined) {
        copyFileSync(copy, state);
        return [`An update was killed while it wrote its state. Restoring the previous state from ${copy}`];
    }
    if (isMissing) return [];
    throw new Error(
        `The state of ${stack} is truncated, and Pulumi has no copy of it. Restore ${state} from your own backup. ` +
            `If you have none, delete that file: the next update keeps the volumes and creates everything else again.`,
    );
}

function isLocked(root: string, project: string, stack: string): boolean {
    return filesIn(join(root, "locks/organization", project, stack)).some((file) => file.endsWith(".json"));
}

/** The copies that Pulumi keeps: the state before the last step, and the one after each update, latest first. */
function copiesOf(root: string, project: string, stack: string): string[] {
    const backups = filesIn(join(root, "backups", project, stack)).filter((file) => file.endsWith(".json"));
    const byTime = backups.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
    return [join(root, "stacks", project, `${stack}.json.bak`), ...byTime];
}

function filesIn(directory: string): string[] {
    return existsSync(directory) ? readdirSync(directory).map((file) => join(directory, file)) : [];
}

function isJson(file: string): boolean {
    try {
        JSON.parse(readFileSync(file, "utf8"));
        return true;
    } catch {
        return false;
    }
}
