import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const PROJECT_FILES = ["Pulumi.yaml", "Pulumi.yml"] as const;

/** The project file in a directory. */
export function projectFile(directory: string): string | undefined {
    return PROJECT_FILES.map((file) => join(directory, file)).find((file) => existsSync(file));
}

/** Finds the project of a directory: in it or in `infra/` below it, or else in its parents in the same way. */
export function projectDirectory(from: string): string | undefined {
    for (const directory of ancestors(resolve(from)))
        for (const candidate of [directory, join(directory, "infra")])
            if (projectFile(candidate) !== undefined) return candidate;
    return undefined;
}

/** The directory, if it exists, and its parents. */
export function* ancestors(directory: string): Generator<string> {
    for (let at = directory; ; at = dirname(at)) {
        if (statSync(at, { throwIfNoEntry: false })?.isDirectory() ?? false) yield at;
        if (dirname(at) === at) return;
    }
}
