import { posix } from "node:path";
import type { ProjectFiles } from "../../../../cli/init/project-files.ts";

/** Files in memory. */
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
