/** The files of a Pulumi file backend: finds them, and makes them readable again after a kill or a power cut. */
import { copyFileSync, existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The directory of a file backend, undefined for any other and for one that does not exist. */
export function stateDirectory(backendUrl: string): string | undefined {
    if (!backendUrl.startsWith("file://")) return undefined;
    const [path = ""] = backendUrl.slice("file://".length).split("?");
    const directory = path.replace(/^~(?=\/|$)/, homedir());
    return existsSync(join(directory, ".pulumi")) ? realpathSync(directory) : undefined;
}

/**
 * Repairs what keeps Pulumi from reading the state, and says what it did.
 *
 * @throws Error if the state cannot be read and there is no copy of it
 */
export function repairState(directory: string, project: string, stack: string): string[] {
    const root = join(directory, ".pulumi");
    return [...removeBrokenAttributes(root), ...restoreState(root, project, stack)];
}

/**
 * Pulumi writes attributes beside each of its files, and not atomically: a kill leaves them empty, and then it cannot
 * read the file, which is whole ("failed to load checkpoint: EOF"). Without attributes it reads the file well.
 */
function removeBrokenAttributes(root: string): string[] {
    const broken = readdirSync(root, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".attrs"))
        .filter((file) => !isJson(join(root, file)));
    for (const file of broken) rmSync(join(root, file), { force: true });
    return broken.map(
        (file) => `An update was killed: removing what keeps its state from being read, ${file}`,
    );
}

/**
 * A missing state is restored only if a lock is left: without one, the stack was removed. An empty or cut-off state
 * is always restored.
 */
function restoreState(root: string, project: string, stack: string): string[] {
    const state = join(root, "stacks", project, `${stack}.json`);
    // Of a state that Pulumi keeps compressed, a file without it is an older one.
    if (existsSync(`${state}.gz`)) return [];
    const isMissing = !existsSync(state);
    if (isMissing && !isLocked(root, project, stack)) return [];
    if (!isMissing && isJson(state)) return [];
    const copy = copiesOf(root, project, stack).find(isJson);
    if (copy !== undefined) {
        copyFileSync(copy, state);
        return [`An update was killed while it wrote its state: taking up the one before, ${copy}`];
    }
    if (isMissing) return [];
    throw new Error(
        `The state of ${stack} is cut off, and there is no copy of it: put one of yours in its place, ${state}. ` +
            `Without one, remove that file: volumes then stay, and everything else is made anew.`,
    );
}

function isLocked(root: string, project: string, stack: string): boolean {
    return filesIn(join(root, "locks/organization", project, stack)).some((file) => file.endsWith(".json"));
}

/** What Pulumi keeps of a stack: the state before the last step, and the one at the end of each update, latest first. */
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
