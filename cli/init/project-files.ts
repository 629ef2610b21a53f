import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** The files of an application, by paths relative to its directory. */
export interface ProjectFiles {
    /** Content of a file. Undefined if it does not exist. */
    read(path: string): string | undefined;
    kindOf(path: string): "file" | "directory" | undefined;
    /** Names in a directory, sorted. Empty if it does not exist. */
    list(path: string): string[];
}

export function directoryFiles(directory: string): ProjectFiles {
    const kindOf: ProjectFiles["kindOf"] = (path) => {
        const stats = statSync(join(directory, path), { throwIfNoEntry: false });
        if (stats === undefined) return undefined;
        return stats.isDirectory() ? "directory" : "file";
    };
    return {
        kindOf,
        read: (path) => (kindOf(path) === "file" ? readFileSync(join(directory, path), "utf8") : undefined),
        list: (path) => (kindOf(path) === "directory" ? readdirSync(join(directory, path)).sort() : []),
    };
}
