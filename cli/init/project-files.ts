import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

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

/** Files in memory, for tests. */
export function memoryFiles(files: Record<string, string>): ProjectFiles {
    const paths = Object.keys(files).map((path) => posix.normalize(path));
    const contents = new Map(Object.entries(files).map(([path, text]) => [posix.normalize(path), text]));
    const directoryOf = (path: string) => (posix.normalize(path) === "." ? "" : `${posix.normalize(path)}/`);
    return {
        read: (path) => contents.get(posix.normalize(path)),
        kindOf: (path) => {
            if (contents.has(posix.normalize(path))) return "file";
            return paths.some((other) => other.startsWith(directoryOf(path))) ? "directory" : undefined;
        },
        list: (path) => {
            const below = paths.filter((other) => other.startsWith(directoryOf(path)));
            const names = below.map((other) => other.slice(directoryOf(path).length).split("/")[0] ?? "");
            return [...new Set(names)].sort();
        },
    };
}
